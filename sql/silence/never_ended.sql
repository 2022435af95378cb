-- reads: cases.case_record, core.encounter, evidence.unmapped, identity.link
-- changes: w_unmatched

-- A stay that the chart says goes on, for longer than anybody stays: it stops all calls of its patient, until somebody
-- ends it in the chart or says that the patient is still there. So does an encounter that may be a stay, because nobody
-- has mapped what it is. Only of patients with an open case, one for each patient; it names the case.
insert into w_unmatched
select
    'stay_not_ended',
    'stay',
    'case ' || left(min(c.case_id::text), 8),
    min(r.source),
    null::numeric,
    jsonb_build_object(
        'source', min(r.source),
        'since', min(cases.local_day(r.starts_at)),
        'cases', count(distinct c.case_id),
        'kind', min(coalesce(evidence.facility_class(r.class_code, r.type_code), 'not mapped'))
    )
from core.encounter as r
inner join identity.link as l
    on l.source = r.subject_source and l.source_id = r.subject_id and l.status = 'active' and l.retired_seq is null
inner join cases.case_record as c on c.person_id = l.person_id and c.status = 'open'
where r.ends_at is null and r.retracted_seq is null and not r.is_deleted
    and r.status not in ('planned', 'finished', 'cancelled', 'entered-in-error')
    and r.starts_at < %(as_of)s - make_interval(days => %(longest_stay_days)s)
    and (
        evidence.facility_class(r.class_code, r.type_code) is not null
        or exists (
            select from evidence.unmapped as u
            where u.source = r.source and u.source_ref = 'encounter/' || r.source_id and u.may_be_stay and u.retracted_seq is null
        )
    )
group by l.person_id;
