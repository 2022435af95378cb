-- reads: cases.case_record, operations.exception, operations.work_item, tasks.task
-- changes: cases.case_record, tasks.task
-- counts: cases_changed, tasks_changed

-- noqa: disable=RF01,RF03

-- Each open case has exactly one next step: the open task of its stage, else its open exception, else
-- a wait with a date. Over the cases that this night touched.
-- count: cases_changed
with touched as (
    select c.case_id
    from operations.work_item as w
    inner join cases.case_record as c on c.person_id = w.person_id
    where w.seq = any(%(seqs)s)
    union
    select t.case_id from tasks.task as t where t.planned_seq = %(seq)s
    union
    select t.case_id from tasks.task as t where t.closed_seq = %(seq)s and t.status_reason = 'observed'
    union
    select e.case_id from operations.exception as e where e.opened_seq = %(seq)s and e.case_id is not null
),

steps as (
    select
        c.case_id,
        case
            when c.status <> 'open' then null
            when c.wanted = 'exception' and e.exception_id is not null then 'exception'
            when b.exception_id is not null then 'exception'
            when t.task_id is not null then 'task'
            when e.exception_id is not null then 'exception'
            else 'wait'
        end as next_step,
        t.task_id,
        t.due_at as task_due_at,
        case when c.wanted = 'wait' then coalesce(b.exception_id, e.exception_id) else e.exception_id end
        as exception_id,
        case when c.wanted = 'wait' then coalesce(b.due_at, e.due_at) else e.due_at end as exception_due_at,
        -- stays the same every night until the day comes
        case
            when w.until_at > %(as_of)s then w.until_at
            else %(as_of)s + interval '1 day'
        end as look_at
    from touched as k
    inner join cases.case_record as c on c.case_id = k.case_id
    cross join lateral (
        select coalesce((c.wanted_detail ->> 'due_at')::timestamptz, c.recheck_at) as until_at
    ) as w
    left join lateral (
        select task_id, due_at, owner_team from tasks.task
        where case_id = c.case_id and stage = c.stage and closed_seq is null
        order by attempt desc limit 1
    ) as t on true
    left join lateral (
        select exception_id, due_at, owner_team from operations.exception
        where case_id = c.case_id and status = 'open' and reason <> 'overpayment'
        order by due_at, exception_id limit 1
    ) as e on true
    -- the exception of the delivery whose rows were set aside: many cases wait on one
    left join operations.exception as b
        on c.wanted = 'wait' and b.exception_id = (c.wanted_detail ->> 'waits_on')::uuid and b.status = 'open'
)

update cases.case_record as c
set next_step = s.next_step,
    next_step_ref = case s.next_step
        when 'task' then s.task_id::text
        when 'exception' then s.exception_id::text
    end,
    next_due_at = case s.next_step
        when 'task' then s.task_due_at
        when 'exception' then s.exception_due_at
        when 'wait' then s.look_at
    end
from steps as s
where s.case_id = c.case_id
    and (c.next_step, c.next_step_ref, c.next_due_at) is distinct from (
        s.next_step,
        case s.next_step when 'task' then s.task_id::text when 'exception' then s.exception_id::text end,
        case s.next_step
            when 'task' then s.task_due_at
            when 'exception' then s.exception_due_at
            when 'wait' then s.look_at
        end
    );

-- While an exception blocks the case, its task is on hold, so that its owner can see it. An exception about a delivery
-- blocks nothing: the task goes on.
-- count: tasks_changed
update tasks.task as t
set status = case when x.blocks then 'on-hold' else 'requested' end,
    status_reason = case when x.blocks then 'an exception stands before it' end
from cases.case_record as c
cross join lateral (
    select c.next_step = 'exception' and not exists (
        select from operations.exception as e
        where e.exception_id = c.next_step_ref::uuid and e.about_kind <> 'case'
    ) as blocks
) as x
where c.case_id = t.case_id and t.closed_seq is null
    and c.case_id in (
        select k.case_id from operations.work_item as w
        inner join cases.case_record as k on k.person_id = w.person_id
        where w.seq = any(%(seqs)s)
        union
        select k.case_id from tasks.task as k where k.planned_seq = %(seq)s
    )
    and (t.status = 'on-hold') is distinct from x.blocks
    and t.status in ('requested', 'on-hold');
