-- reads: cases.stage, cases.workflow_version, core.patient, evidence.fact, identity.link, operations.source,
--     tasks.call

-- Calls to make today, one page of them in the order of their tasks. What was tried is what the EHR says since the
-- trigger. A task that has ended meanwhile is left out.
with due as (
    select t.*, o.place
    from unnest(%(tasks)s::uuid[]) with ordinality as o (task_id, place)
    inner join tasks.call as t on t.task_id = o.task_id
    where t.closed_seq is null
)

select
    d.case_id::text as case_id,
    d.person_id::text as person_id,
    coalesce(w.definition ->> 'title', d.workflow) as title,
    d.stage,
    d.due_at,
    d.owner_team,
    d.owner,
    d.on_hold,
    coalesce(k.attempts, 0) as attempts,
    k.last_attempt_at,
    k.warnings,
    p.language,
    p.interpreter_required,
    p.preferred_contact,
    %(total)s::int as total,
    d.is_inside,
    %(stopped)s::int as stopped,
    s.due_at as clock_at
from due as d
left join cases.stage as s on s.case_id = d.case_id and s.stage = d.stage
left join cases.workflow_version as w on w.workflow = d.workflow and w.version = d.version
left join lateral (
    select
        count(*) filter (where f.kind = 'attempt' and f.occurred_at >= d.trigger_on) as attempts,
        max(f.occurred_at) filter (where f.kind = 'attempt' and f.occurred_at >= d.trigger_on) as last_attempt_at,
        array_agg(distinct f.kind) filter (where f.kind <> 'attempt') as warnings
    from identity.link as l
    inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
    where l.person_id = d.person_id and l.status = 'active' and l.retired_seq is null and f.retracted_seq is null
        and f.kind in ('attempt', 'death', 'hospice', 'opt_out', 'left_practice')
) as k on true
left join lateral (
    select
        r.language,
        r.interpreter_required,
        r.preferred_contact
    from identity.link as l
    inner join core.patient as r
        on r.source = l.source and r.source_id = l.source_id and r.retracted_seq is null and not r.is_deleted
    left join operations.source as o on o.source = r.source
    where l.person_id = d.person_id and l.status = 'active' and l.retired_seq is null
    order by coalesce(o.is_chart, false) desc, r.replaced_by is not null, r.is_active desc, r.known_seq desc, r.source_id
    limit 1
) as p on true
order by d.place;
