-- reads: tasks.inside, tasks.task, w_effect, w_receiver
-- changes: operations.exception, tasks.inside, tasks.task
-- counts: kept_inside

-- What stays inside of tonight's work (w_effect): by the form in which the role of its system (w_receiver) takes work. It is
-- on the page of work from now on, and no system is asked for it.
-- count: kept_inside
insert into tasks.inside (task_id, source, known_seq)
select u.task_id, r.source, %(seq)s
from w_effect as e
inner join w_receiver as r on r.asked = e.effect_key
cross join lateral unnest(e.task_ids) as u (task_id)
where r.form = 'inside'
on conflict do nothing;

-- the task says so too: the cases read tasks, not where each was shown
update tasks.task as t
set inside_seq = i.known_seq
from tasks.inside as i
where i.task_id = t.task_id and i.known_seq = %(seq)s and t.inside_seq is null;

update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'it stays inside'
from tasks.task as t
where e.about_kind = 'task' and e.about_id = t.task_id::text and e.status = 'open'
    and e.reason in ('not_in_receiver', 'missing_billing_data', 'no_receiver')
    and t.task_id in (select i.task_id from tasks.inside as i where i.known_seq = %(seq)s);
