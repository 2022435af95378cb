-- reads: cases.case_record, cases.stage, cases.workflow_version, core.patient, evidence.fact, identity.link,
--     operations.source, tasks.task

-- Calls to make today, one page of them: open outreach tasks that are due by the end of the day or overdue, the late
-- ones first, and last those on hold, which wait for a decision. What was tried is what the EHR says since the trigger.
with due as (
    select
        t.case_id,
        t.person_id,
        t.workflow,
        t.stage,
        least(t.due_at, s.due_at) as due_at,
        t.owner_team,
        t.owner,
        t.status = 'on-hold' as on_hold,
        c.trigger_on,
        count(*) over () as total
    from tasks.task as t
    inner join cases.case_record as c on c.case_id = t.case_id
    left join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage
    where t.kind = 'outreach' and t.closed_seq is null and least(t.due_at, s.due_at) <= %(day_ends)s
    order by on_hold, due_at, t.workflow, t.case_id
    limit %(size)s offset %(skip)s
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
    d.total
from due as d
inner join cases.case_record as c on c.case_id = d.case_id
left join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
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
order by d.on_hold, d.due_at, d.workflow, d.case_id;
