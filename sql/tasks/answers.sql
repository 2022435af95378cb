-- reads: tasks.answer, tasks.task, tasks.transmission_task
-- changes: operations.work_item, tasks.answer

-- Stores the fetched answers, known from this night on, and puts the persons concerned on tonight's work list.
insert into tasks.answer (transmission_id, known_seq, answer)
select
    f.transmission_id,
    %(seq)s,
    f.answer
from unnest(%(transmissions)s::uuid[], %(answers)s::text[]) as f (transmission_id, answer)
on conflict do nothing;

insert into operations.work_item (seq, person_id, reason)
select distinct
    %(seq)s::bigint,
    t.person_id,
    'answer'
from tasks.answer as a
inner join tasks.transmission_task as l on l.transmission_id = a.transmission_id
inner join tasks.task as t on t.task_id = l.task_id
where a.known_seq = %(seq)s
on conflict do nothing;
