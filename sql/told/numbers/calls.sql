-- reads: cases.stage, evidence.fact, identity.link, tasks.call

-- Calls to make today: open outreach tasks that are due by the end of the day or overdue.
-- Attempts are those recorded in the EHR since the trigger, not the tasks we sent. Tasks on hold come last: an
-- exception stands before them, so the call is not wanted until a person has decided.
with due as (
    select t.*
    from tasks.call as t
    where
        t.planned_seq <= %(seq)s
        and (t.closed_seq is null or t.closed_seq > %(seq)s)
        -- "by the end of the day" is stored as midnight, which still counts as today
        and t.due_at <= %(day_ends)s
),

attempted as (
    select
        d.task_id,
        count(*) as attempts,
        max(f.occurred_at) as last_attempt_at
    from due as d
    inner join identity.link as l
        on
            l.person_id = d.person_id
            and l.status = 'active'
            and l.known_seq <= %(seq)s
            and (l.retired_seq is null or l.retired_seq > %(seq)s)
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id
    where
        f.kind = 'attempt'
        and f.known_seq <= %(seq)s
        and (f.retracted_seq is null or f.retracted_seq > %(seq)s)
        and f.occurred_at >= d.trigger_on
    group by d.task_id
)

select
    left(d.case_id::text, 8) as case_number,
    d.workflow,
    d.stage,
    d.due_at,
    coalesce(a.attempts, 0) as attempts,
    a.last_attempt_at,
    d.owner_team,
    d.owner,
    d.priority,
    d.on_hold,
    s.due_at as clock_at
from due as d
left join attempted as a on a.task_id = d.task_id
left join cases.stage as s on s.case_id = d.case_id and s.stage = d.stage
order by d.on_hold, d.due_at, d.workflow, d.case_id;
