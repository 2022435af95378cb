-- reads: evidence.fact, identity.link, operations.decision, operations.exception, operations.source
-- makes: w_about
-- changes: evidence.fact
-- counts: facts_recorded

-- Whom a call or a reconciliation is about that a named person stated of a case: the record that opened the case, else one of
-- the person's. It stays that record's, whatever the person became since.
create temp table w_about on commit drop as
select d.decision_id, s.source, s.source_id
from operations.decision as d
left join evidence.fact as t on t.fact_id = (d.detail ->> 'trigger_fact_id')::uuid
cross join lateral (
    select o.source, o.source_id
    from (
        select t.subject_source as source, t.subject_id as source_id, 1 as place
        where t.fact_id is not null
        union all
        select l.source, l.source_id, case when l.status = 'active' and l.retired_seq is null then 2 else 3 end
        from identity.link as l
        where l.person_id = (d.detail ->> 'person_id')::uuid and l.known_seq <= %(seq)s
    ) as o
    order by o.place, o.source, o.source_id
    limit 1
) as s
where d.kind in ('record_call', 'state_reconciliation') and d.known_seq = %(seq)s;

-- What named persons recorded by hand, because no system that is read has it: evidence of the night that knew the
-- decision.
-- count: facts_recorded
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, occurred_at, known_seq, source, source_ref,
    source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', 'by_hand', d.decision_id, k.kind))::uuid,
    s.source,
    s.source_id,
    k.kind,
    'contact_outcome',
    d.detail ->> 'outcome',
    (d.detail ->> 'at')::timestamptz,
    %(seq)s,
    'by_hand',
    'decision/' || d.decision_id,
    '1',
    d.decision_id,
    jsonb_build_object('decision', d.decision_id),
    jsonb_build_object('medium', 'PHONE', 'recorded_by', d.decided_by)
from operations.decision as d
inner join w_about as s on s.decision_id = d.decision_id
cross join (values ('attempt'), ('contact')) as k (kind)
where d.kind = 'record_call' and d.about_kind = 'case' and d.known_seq = %(seq)s
    and (k.kind = 'attempt' or d.detail ->> 'outcome' in ('reached', 'declined', 'deceased', 'readmitted', 'done_elsewhere'))
on conflict do nothing;

update evidence.fact as f
set retracted_seq = %(seq)s
from operations.decision as d
where d.kind = 'take_back_call' and d.about_kind = 'recorded_call' and d.known_seq = %(seq)s
    and f.source = 'by_hand' and f.source_ref = 'decision/' || d.about_id and f.retracted_seq is null;

-- Where a patient went at discharge, stated by a named person because the record does not say it: of the discharge that the
-- exception is about (sql/silence/disposition_not_stated.sql names it by this digest).
-- count: facts_recorded
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, occurred_at, known_seq, source, source_ref,
    source_version, batch_id, identifiers, detail
)
select distinct on (d.decision_id)
    md5(concat_ws('|', 'fact', 'by_hand', d.decision_id, 'decision'))::uuid,
    f.subject_source,
    f.subject_id,
    'decision',
    'disposition',
    d.detail ->> 'disposition',
    f.occurred_at,
    %(seq)s,
    'by_hand',
    'decision/' || d.decision_id,
    '1',
    d.decision_id,
    jsonb_build_object('decision', d.decision_id, 'exception', e.exception_id, 'trigger', r.trigger_ref),
    jsonb_build_object('about', 'disposition', 'recorded_by', d.decided_by)
from operations.decision as d
inner join operations.exception as e on d.about_kind = 'exception' and e.exception_id::text = d.about_id
inner join identity.link as l on l.person_id = e.person_id and l.known_seq <= %(seq)s
inner join evidence.fact as f
    on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'discharge' and f.retracted_seq is null
left join operations.source as o on o.source = f.source
cross join lateral (select coalesce(o.id_prefix, '') || f.source_ref as trigger_ref) as r
where d.kind = 'state_disposition' and d.known_seq = %(seq)s
    and e.about_id = 'discharge ' || left(md5(concat_ws('|', e.person_id, r.trigger_ref)), 8)
order by d.decision_id, l.retired_seq nulls first, f.source, f.fact_id
on conflict do nothing;

-- The level of decision-making that a signed note documents, stated by the clinician who signed it, or by a coder who
-- named it: no interface carried it. It is about that note.
-- count: facts_recorded
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, occurred_at, known_seq, source, source_ref,
    source_version, batch_id, identifiers, detail
)
select distinct on (d.decision_id)
    md5(concat_ws('|', 'fact', 'by_hand', d.decision_id, 'decision'))::uuid,
    n.subject_source,
    n.subject_id,
    'decision',
    'decision_level',
    d.detail ->> 'level',
    n.occurred_at,
    %(seq)s,
    'by_hand',
    'decision/' || d.decision_id,
    '1',
    d.decision_id,
    jsonb_build_object(
        'decision', d.decision_id, 'exception', d.about_id, 'note_source', n.source, 'note', n.source_ref
    ),
    jsonb_build_object('about', 'level', 'recorded_by', d.decided_by, 'recorded_as', d.detail ->> 'said_as')
from operations.decision as d
inner join evidence.fact as n
    on n.kind = 'note' and n.source = d.detail ->> 'note_source' and n.source_ref = d.detail ->> 'note'
    and n.known_seq <= %(seq)s and n.retracted_seq is null
where d.kind = 'state_level' and d.about_kind = 'exception' and d.known_seq = %(seq)s
order by d.decision_id, n.known_seq desc, n.fact_id
on conflict do nothing;

-- That the medicines were reconciled, and on which day, or that they were not: stated by a named person of the event that
-- began a case.
-- count: facts_recorded
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, occurred_at, known_seq, source, source_ref,
    source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', 'by_hand', d.decision_id, 'decision'))::uuid,
    s.source,
    s.source_id,
    'decision',
    'medication_reconciliation',
    case when d.detail ->> 'done_on' = 'never' then 'not_done' else 'done' end,
    -- noon, which is of that day in every zone of the country; not done: when that was said
    case
        when d.detail ->> 'done_on' = 'never' then d.decided_at
        else evidence.day_start((d.detail ->> 'done_on')::date) + interval '12 hours'
    end,
    %(seq)s,
    'by_hand',
    'decision/' || d.decision_id,
    '1',
    d.decision_id,
    jsonb_build_object('decision', d.decision_id, 'exception', d.about_id, 'trigger', d.detail ->> 'trigger'),
    jsonb_strip_nulls(jsonb_build_object(
        'about', 'reconciliation',
        'on', nullif(d.detail ->> 'done_on', 'never'),
        'recorded_by', d.decided_by,
        'recorded_as', d.detail ->> 'said_as'
    ))
from operations.decision as d
inner join w_about as s on s.decision_id = d.decision_id
where d.kind = 'state_reconciliation' and d.about_kind = 'exception' and d.known_seq = %(seq)s
on conflict do nothing;

-- Who takes it back ends it.
update evidence.fact as f
set retracted_seq = %(seq)s
from operations.decision as d
where d.kind = 'take_back_reconciliation' and d.about_kind = 'stated' and d.known_seq <= %(seq)s
    and f.source = 'by_hand' and f.source_ref = 'decision/' || d.about_id and f.retracted_seq is null
    and f.known_seq <= %(seq)s;

-- It falls when it is taken back, or when its note is no longer signed.
update evidence.fact as f
set retracted_seq = %(seq)s
where f.source = 'by_hand' and f.kind = 'decision' and f.code_system = 'decision_level' and f.retracted_seq is null
    and f.known_seq <= %(seq)s
    and (
        exists (
            select from operations.decision as d
            where d.kind = 'take_back_level' and d.about_kind = 'stated' and d.known_seq <= %(seq)s
                and d.about_id = f.identifiers ->> 'decision'
        )
        or not exists (
            select from evidence.fact as n
            where n.kind = 'note' and n.subject_source = f.subject_source and n.subject_id = f.subject_id
                and n.source = f.identifiers ->> 'note_source' and n.source_ref = f.identifiers ->> 'note'
                and n.retracted_seq is null
        )
    );

-- What was stated of a discharge falls when a person takes it back, or when the record says it or is taken back.
update evidence.fact as f
set retracted_seq = %(seq)s
where f.source = 'by_hand' and f.kind = 'decision' and f.code_system = 'disposition' and f.retracted_seq is null
    and f.known_seq <= %(seq)s
    and (
        exists (
            select from operations.decision as d
            where d.kind = 'take_back_disposition' and d.about_kind = 'stated' and d.known_seq <= %(seq)s
                and d.about_id = f.identifiers ->> 'decision'
        )
        or not exists (
            select from evidence.fact as t
            left join operations.source as o on o.source = t.source
            where t.kind = 'discharge' and t.subject_source = f.subject_source and t.subject_id = f.subject_id
                and coalesce(o.id_prefix, '') || t.source_ref = f.identifiers ->> 'trigger'
                and t.retracted_seq is null and t.detail ->> 'not_stated' = 'disposition'
        )
    );

drop table w_about;
