-- reads: cases.stage, tasks.inside, tasks.task

-- How much open work stays inside, by kind, and how much of it is late: past its time and past the clock of its stage.
select
    t.kind,
    count(*) as open,
    count(*) filter (where greatest(t.due_at, s.due_at) <= %(overdue_before)s) as overdue
from tasks.inside as i
inner join tasks.task as t on t.task_id = i.task_id
left join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage
where t.closed_seq is null
group by t.kind;
