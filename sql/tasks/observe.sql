-- reads: tasks.observed, tasks.task, w_observed, w_target, w_unsent
-- makes: w_ended
-- changes: tasks.claim, tasks.event, tasks.observed, tasks.task

-- Writes what is observed or held this night (w_observed); a rerun of the night writes the same rows.
delete from tasks.observed as o
where o.from_seq = %(seq)s;

update tasks.observed as o
set to_seq = null
where o.to_seq = %(seq)s;

update tasks.observed as o
set to_seq = %(seq)s
where o.to_seq is null
    and not exists (
        select from w_observed as w
        where w.case_id = o.case_id and w.stage = o.stage and w.kind = o.kind and w.is_held = o.is_held
            and w.attempt = o.attempt and w.target is not distinct from o.target
    );

insert into tasks.observed (
    case_id, stage, kind, from_seq, is_held, person_id, workflow, attempt, owner_team, priority, target, detail
)
select
    w.case_id, w.stage, w.kind, %(seq)s, w.is_held, w.person_id, w.workflow, w.attempt, w.owner_team, w.priority,
    w.target, w.detail
from w_observed as w
where not exists (
    select from tasks.observed as o
    where o.case_id = w.case_id and o.stage = w.stage and o.kind = w.kind and o.to_seq is null
);

-- What was planned before and has not gone out ends: its case asks for it anew, and it is observed.
create temp table w_ended on commit drop as
select u.task_id
from w_unsent as u
left join w_target as t on t.asked = u.task_id::text
where operations.observes(%(seq)s, u.workflow, t.target);

insert into tasks.event (
    event_id, task_id, kind, from_status, to_status, occurred_at, known_seq, detail
)
select
    md5(concat_ws('|', 'task-event', t.task_id, %(seq)s, 'cancelled'))::uuid,
    t.task_id, 'closed', t.status, 'cancelled', %(as_of)s, %(seq)s, jsonb_build_object('reason', 'observed')
from w_ended as w
inner join tasks.task as t on t.task_id = w.task_id
on conflict do nothing;

update tasks.task as t
set status = 'cancelled', status_reason = 'observed', closed_seq = %(seq)s
from w_ended as w
where t.task_id = w.task_id;

-- Its claim is in no file, or in one that is made anew without it (fallen.sql).
update tasks.claim as k
set status = 'withdrawn'
where k.status = 'prepared' and k.batch_id is null
    and exists (
        select from w_ended as w
        inner join tasks.task as t on t.task_id = w.task_id
        where t.effect_key = k.effect_key
    )
    and not exists (
        select from tasks.task as t
        where t.effect_key = k.effect_key and t.closed_seq is null
    );
