-- reads: tasks.answer, tasks.task, tasks.transmission, tasks.transmission_task

-- Booking requests that were accepted on an earlier night and that a task still waits for, oldest first.
select x.transmission_id
from tasks.transmission as x
where x.kind = 'booking' and not x.in_list
    and x.outcome = 'accepted'
    and x.planned_seq < %(seq)s
    and exists (
        select from tasks.transmission_task as l
        inner join tasks.task as t on t.task_id = l.task_id
        where l.transmission_id = x.transmission_id and t.closed_seq is null
    )
    and not exists (select from tasks.answer as a where a.transmission_id = x.transmission_id)
order by x.planned_seq, x.transmission_id
limit %(most)s;
