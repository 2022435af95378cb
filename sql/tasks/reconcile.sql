-- reads: tasks.task, w_state, w_task
-- changes: tasks.event, tasks.task, w_task
-- counts: tasks_ended

-- Ends tasks that the evidence completes or that are no longer needed. A rerun ends the same ones.
update tasks.task as t
set status = 'requested', status_reason = null, closed_seq = null, closed_fact_id = null
from w_task as w
where t.task_id = w.task_id and t.closed_seq = %(seq)s and w.ends_as is null;

update w_task as w
set ends_as = 'cancelled', ends_reason = coalesce(s.close_reason, s.status)
from w_state as s
where s.case_id = w.case_id and s.status <> 'open' and w.was_open and w.ends_as is null;

-- The case moved back to an earlier stage than the task's, or now asks for something else.
update w_task as w
set ends_as = 'cancelled', ends_reason = 'the case stands elsewhere'
from w_state as s
where s.case_id = w.case_id and s.status = 'open' and w.was_open and w.ends_as is null
    and s.stage <> w.stage;

insert into tasks.event (
    event_id, task_id, kind, from_status, to_status, occurred_at, known_seq, fact_id, detail
)
select
    md5(concat_ws('|', 'task-event', w.task_id, %(seq)s, w.ends_as))::uuid,
    w.task_id, 'closed', t.status, w.ends_as, %(as_of)s, %(seq)s, w.ends_fact_id,
    jsonb_strip_nulls(jsonb_build_object('reason', w.ends_reason))
from w_task as w
inner join tasks.task as t on t.task_id = w.task_id
where w.ends_as is not null and w.was_open
on conflict do nothing;

-- count: tasks_ended
update tasks.task as t
set status = w.ends_as,
    status_reason = w.ends_reason,
    closed_seq = %(seq)s,
    closed_fact_id = w.ends_fact_id
from w_task as w
where t.task_id = w.task_id and w.ends_as is not null and w.was_open;
