-- reads: cases.case_record, cases.stage, cases.workflow_version, evidence.coverage, evidence.fact,
--     evidence.practitioner, evidence.visit, identity.link, operations.source, tasks.inside, tasks.task

-- Open work that stays inside, one page of it in the order of its tasks. A visit is told by its day, who saw the patient,
-- and what the clinician charged. A task that has ended meanwhile is left out.
with page as (
    select
        o.place,
        i.source,
        least(t.due_at, s.due_at) as due_at,
        s.due_at as clock_at,
        t.status = 'on-hold' or c.stage_state = 'blocked' as on_hold,
        t.kind,
        t.case_id,
        t.person_id,
        t.stage,
        t.owner_team,
        t.owner,
        t.detail,
        c.workflow,
        c.version,
        coalesce(c.time_zone, (select cases.practice_zone())) as time_zone,
        evidence.source_of_visit(t.detail ->> 'encounter') as visit_source,
        evidence.id_of_visit(t.detail ->> 'encounter') as visit
    from unnest(%(tasks)s::uuid[]) with ordinality as o (task_id, place)
    inner join tasks.inside as i on i.task_id = o.task_id
    inner join tasks.task as t on t.task_id = o.task_id
    inner join cases.case_record as c on c.case_id = t.case_id
    left join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage
    where t.closed_seq is null
)

select
    p.kind,
    p.case_id::text as case_id,
    p.person_id::text as person_id,
    coalesce(w.definition ->> 'title', p.workflow) as title,
    p.stage,
    p.due_at,
    p.owner_team,
    p.owner,
    p.on_hold,
    coalesce(o.title, p.source) as source,
    p.detail ->> 'visit_type' as visit_type,
    (p.detail ->> 'not_after')::date as not_after,
    cases.local_day(v.starts_at, p.time_zone) as visit_on,
    d.given,
    d.family,
    y.payer_name as payer,
    h.codes,
    h.amount,
    k.warnings,
    %(total)s::int as total,
    %(stopped)s::int as stopped,
    p.clock_at
from page as p
left join cases.workflow_version as w on w.workflow = p.workflow and w.version = p.version
left join operations.source as o on o.source = p.source
left join evidence.visit as v
    on v.source = p.visit_source and v.source_id = p.visit and v.retracted_seq is null
left join lateral (
    select x.given, x.family
    from evidence.practitioner as x
    where x.retracted_seq is null
        and case
            when p.detail ? 'practitioner_npi' then x.npi = p.detail ->> 'practitioner_npi'
            else x.source_id = p.detail ->> 'practitioner_id'
        end
    order by x.source = v.source desc nulls last, x.source, x.source_id
    limit 1
) as d on true
left join lateral (
    select c.payer_name
    from evidence.coverage as c
    where c.subject_source = v.subject_source and c.subject_id = v.subject_id and c.retracted_seq is null
        and c.payer_id = p.detail ->> 'payer_id'
    order by c.coverage_order nulls last, c.source_id
    limit 1
) as y on true
left join lateral (
    select array_agg(f.code order by f.amount desc nulls last, f.code) as codes, sum(f.amount) as amount
    from evidence.fact as f
    where f.kind = 'charge' and f.source = v.source and f.identifiers ->> 'encounter' = v.source_id
        and f.identifiers ? 'encounter' -- the index is of these
        and f.retracted_seq is null and not f.detail ? 'no_charge_reason'
) as h on true
left join lateral (
    select array_agg(distinct f.kind) as warnings
    from identity.link as l
    inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
    where l.person_id = p.person_id and l.status = 'active' and l.retired_seq is null and f.retracted_seq is null
        and f.kind in ('death', 'hospice', 'opt_out', 'left_practice')
) as k on true
order by p.place;
