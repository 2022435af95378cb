-- reads: cases.case_record, operations.exception, scope_case, scope_task, tasks.task

-- open_case_without_next_step: An open case has no next step, no due date or no owner.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    concat_ws(
        ', ',
        case when c.next_step is null then 'no next step' end,
        case when c.next_due_at is null then 'no due date' end,
        case when c.owner_team = '' then 'no owner' end
    ) as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
where c.status = 'open' and (c.next_step is null or c.next_due_at is null or c.owner_team = '');

-- next_step_is_no_open_task: The next step of a case is a task that is not open or not its own.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    coalesce(t.status, 'no such task') as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
left join tasks.task as t on t.task_id::text = c.next_step_ref and t.case_id = c.case_id
where c.status = 'open' and c.next_step = 'task' and (t.task_id is null or t.closed_seq is not null);

-- next_step_is_no_open_exception: The next step of a case is an exception that is not open.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    coalesce(e.status, 'no such exception') as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
left join operations.exception as e on e.exception_id::text = c.next_step_ref
where c.status = 'open' and c.next_step = 'exception' and e.status is distinct from 'open';

-- more_than_one_next_step: A case has several open tasks, or one that is neither its next step nor on
-- hold behind the exception that is its next step. One about a delivery holds no task up.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    count(*) || ' open' as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join tasks.task as t on t.case_id = c.case_id and t.closed_seq is null
left join operations.exception as e on c.next_step = 'exception' and e.exception_id::text = c.next_step_ref
where c.status = 'open'
group by c.case_id, c.next_step, e.about_kind
having
    count(*) > 1
    or c.next_step = 'wait'
    or (c.next_step = 'exception' and e.about_kind = 'case' and bool_or(t.status <> 'on-hold'));

-- work_left_for_ended_case: A case has ended and a task of it is still open.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    t.kind as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join tasks.task as t on t.case_id = c.case_id and t.closed_seq is null
where c.status <> 'open';

-- nobody_owns_it: An open task or exception has no team.
select
    'task' as about_kind,
    t.task_id::text as about_id,
    t.kind as detail
from scope_task as x
inner join tasks.task as t on t.task_id = x.task_id
where t.closed_seq is null and t.owner_team = ''
union all
select
    'exception' as about_kind,
    e.exception_id::text as about_id,
    e.reason as detail
from operations.exception as e
where e.status = 'open' and e.owner_team = '';
