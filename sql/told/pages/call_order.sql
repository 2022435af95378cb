-- reads: tasks.call

-- The calls to make today, in their order: open outreach tasks that are due by the end of the day or overdue, the late
-- ones first, then those of patients whom nobody may call (not_called: persons), and last those on hold, which wait for a
-- decision.
with stopped as materialized (
    select distinct p.person_id
    from unnest(%(not_called)s::uuid[]) as p (person_id)
)

select t.task_id::text as task_id, s.person_id is not null as is_stopped
from tasks.call as t
left join stopped as s on s.person_id = t.person_id
where t.closed_seq is null and t.due_at <= %(day_ends)s
order by t.on_hold, s.person_id is not null, t.due_at, t.workflow, t.case_id;
