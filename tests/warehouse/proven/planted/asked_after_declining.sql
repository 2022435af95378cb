update cases.case_record set trigger_ref = 'wellness:2026-08' where case_id = (
    select k.case_id
    from tasks.transmission as t
    inner join tasks.transmission_task as y on y.transmission_id = t.transmission_id
    inner join tasks.task as k on k.task_id = y.task_id
    where t.planned_seq = 3 and t.kind = 'outreach' and k.workflow = 'annual_wellness'
    order by k.case_id limit 1
);
insert into cases.case_record (case_id, workflow, version, person_id, trigger_ref, trigger_on, opened_seq, stage, stage_state, status, close_reason, closed_seq, owner_team, derived_seq)
select md5('declined|' || c.case_id)::uuid, c.workflow, c.version, c.person_id, 'wellness:2026-07', c.trigger_on - 31, 1, 'contacted', 'pending', 'closed', 'declined', 2, c.owner_team, 2
from tasks.transmission as t
inner join tasks.transmission_task as y on y.transmission_id = t.transmission_id
inner join tasks.task as k on k.task_id = y.task_id
inner join cases.case_record as c on c.case_id = k.case_id
where t.planned_seq = 3 and t.kind = 'outreach' and c.trigger_ref = 'wellness:2026-08'
limit 1;
insert into cases.event (event_id, case_id, kind, stage, from_state, to_state, occurred_at, known_seq, detail)
select md5('declined-event|' || case_id)::uuid, case_id, 'closed', 'contacted', 'open', 'closed', '2026-09-03 07:00Z', 2, '{"reason": "declined"}'
from cases.case_record where close_reason = 'declined';
