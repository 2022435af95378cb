-- reads: tasks.inside, tasks.task

-- How much open work stays inside, by kind, and how much of it is past its time.
select
    t.kind,
    count(*) as open,
    count(*) filter (where t.due_at <= %(overdue_before)s) as overdue
from tasks.inside as i
inner join tasks.task as t on t.task_id = i.task_id
where t.closed_seq is null
group by t.kind;
