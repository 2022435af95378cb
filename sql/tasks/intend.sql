-- reads: tasks.inside, tasks.task, tasks.transmission, tasks.transmission_task, w_intent, w_payload
-- changes: operations.exception, tasks.transmission, tasks.transmission_task

-- Writes the intentions of tonight's tasks (w_intent) with the exact bytes of each (w_payload), before any call.
insert into tasks.transmission (
    transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256,
    planned_seq, intended_at, lookup_deadline, in_list
)
select
    i.transmission_id, i.effect_key, i.kind, i.target, i.person_id, i.attempt,
    p.payload,
    encode(sha256(p.payload), 'hex'),
    %(seq)s, clock_timestamp(), %(as_of)s + interval '2 days', coalesce(i.in_list, false)
from w_intent as i
inner join w_payload as p on p.transmission_id = i.transmission_id
on conflict do nothing;

-- A task whose effect already exists joins it, whichever task asked for it first.
insert into tasks.transmission_task (transmission_id, task_id)
select x.transmission_id, t.task_id
from tasks.task as t
inner join tasks.transmission as x
    on x.effect_key = t.effect_key and x.outcome in ('intended', 'accepted', 'uncertain')
where t.closed_seq is null and t.planned_seq <= %(seq)s
    and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
    and not exists (select from tasks.inside as s where s.task_id = t.task_id)
on conflict do nothing;

-- The missing data has arrived.
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'what was lacking is there'
from tasks.task as t
where e.about_kind = 'task' and e.about_id = t.task_id::text and e.status = 'open'
    and e.reason in ('not_in_receiver', 'missing_billing_data', 'no_receiver')
    and coalesce(t.detail ->> 'route', '') <> 'claim'
    and t.task_id in (select l.task_id from tasks.transmission_task as l);

-- Of a task, an earlier version said that the telephone number is wrong. It is the receiver that lacks the patient, and
-- that is asked under its own name: below, if it still does.
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'the telephone number is not at fault'
where e.about_kind = 'task' and e.reason = 'bad_contact_data' and e.status = 'open';

-- What cannot be requested: required data is missing in the systems of record, or no system takes it.
select i.effect_key, i.lacks, i.task_ids
from w_intent as i
where i.lacks is not null
order by i.effect_key;
