-- reads: cases.case_record, evidence.fact, evidence.practitioner, identity.link

-- The visit that a case is about: its day, and who saw the patient.
select
    cases.local_day(f.occurred_at, c.time_zone) as visit_on,
    d.given,
    d.family
from cases.case_record as c
inner join identity.link as l on l.person_id = c.person_id and l.status = 'active' and l.retired_seq is null
inner join evidence.fact as f
    on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'visit' and f.retracted_seq is null
    and f.source = evidence.source_of_visit(c.encounter_ref)
    and f.identifiers ->> 'encounter' = evidence.id_of_visit(c.encounter_ref)
left join lateral (
    select
        x.given,
        x.family
    from evidence.practitioner as x
    where x.retracted_seq is null
        and case
            when f.detail ? 'practitioner_npi' then x.npi = f.detail ->> 'practitioner_npi'
            else x.source_id = f.detail ->> 'practitioner_id'
        end
    order by x.source = f.source desc, x.source, x.source_id
    limit 1
) as d on true
where c.case_id = %(case_id)s::uuid
order by f.occurred_at desc
limit 1;
