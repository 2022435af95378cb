-- reads: evidence.fact, identity.link, operations.decision
-- changes: evidence.fact
-- counts: facts_recorded

-- What named persons recorded by hand, because no system that is read has it: evidence of the night that knew the
-- decision. It is about the chart's patient whose record opened the case.
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
left join evidence.fact as t on t.fact_id = (d.detail ->> 'trigger_fact_id')::uuid
cross join lateral (
    -- the record that opened the case, else one of the person's: it stays that record's, whatever the person became since
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
cross join (values ('attempt'), ('contact')) as k (kind)
where d.kind = 'record_call' and d.about_kind = 'case' and d.known_seq = %(seq)s
    and (k.kind = 'attempt' or d.detail ->> 'outcome' in ('reached', 'declined', 'deceased', 'readmitted', 'done_elsewhere'))
on conflict do nothing;

update evidence.fact as f
set retracted_seq = %(seq)s
from operations.decision as d
where d.kind = 'take_back_call' and d.about_kind = 'recorded_call' and d.known_seq = %(seq)s
    and f.source = 'by_hand' and f.source_ref = 'decision/' || d.about_id and f.retracted_seq is null;
