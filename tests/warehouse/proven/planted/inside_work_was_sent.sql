insert into tasks.inside (task_id, source, known_seq)
select l.task_id, 'ehr', 1
from tasks.transmission_task as l
inner join tasks.transmission as x on x.transmission_id = l.transmission_id and x.planned_seq = 3
order by l.task_id
limit 1;
