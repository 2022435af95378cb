-- reads: tasks.task, tasks.transmission, tasks.transmission_task
-- makes: w_outgoing

-- What is about to be sent: what was never sent, with what a process marked before it died and the receiver turned out not
-- to have (never_sent); and the rows of work lists that go out again with tonight's list.
create temp table w_outgoing on commit drop as
select
    x.transmission_id,
    x.effect_key,
    x.kind,
    x.target,
    x.person_id,
    true as is_unsent
from tasks.transmission as x
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[]))
union all
select distinct
    x.transmission_id,
    x.effect_key,
    x.kind,
    x.target,
    x.person_id,
    false as is_unsent
from tasks.task as t
inner join tasks.transmission_task as l on l.task_id = t.task_id
inner join tasks.transmission as x on x.transmission_id = l.transmission_id
where t.closed_seq is null
    and x.in_list
    and (x.outcome = 'accepted' or (x.outcome = 'intended' and x.sent_at is not null));

analyze w_outgoing;
