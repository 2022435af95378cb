-- reads: cases.case_record, operations.exception, tasks.claim, tasks.task, tasks.transmission_task, w_plan
-- changes: operations.prevented, tasks.event, tasks.task

-- Writes the plan in w_plan; a rerun of the night writes the same rows. Tasks that this night planned before, that
-- no case asks for any more and for which nothing was sent, are deleted.
delete from tasks.task as t
where t.planned_seq = %(seq)s
    and not exists (select from w_plan as p where p.task_id = t.task_id)
    and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
    and not exists (select from tasks.claim as k where k.task_id = t.task_id);

insert into tasks.task (
    task_id, case_id, person_id, workflow, stage, kind, attempt, status, owner_team, priority,
    planned_seq, planned_at, due_at, effect_key, detail
)
select
    p.task_id, p.case_id, p.person_id, p.workflow, p.stage, p.kind, p.attempt, 'requested',
    p.owner_team, p.priority, %(seq)s, %(as_of)s, p.due_at, p.effect_key, p.detail
from w_plan as p
on conflict do nothing;

insert into tasks.event (event_id, task_id, kind, to_status, occurred_at, known_seq)
select
    md5(concat_ws('|', 'task-event', t.task_id, %(seq)s, 'planned'))::uuid,
    t.task_id, 'planned', 'requested', %(as_of)s, %(seq)s
from tasks.task as t
where t.planned_seq = %(seq)s
on conflict do nothing;

-- Contacts and claims that were stopped this night, and why.
insert into operations.prevented (seq, effect_key, kind, reason, person_id, case_id, at)
select distinct on (t.effect_key, coalesce(c.close_reason, t.status_reason))
    %(seq)s, t.effect_key, case when t.kind = 'billing' then 'claim' else 'contact' end,
    coalesce(c.close_reason, t.status_reason), t.person_id, t.case_id, %(as_of)s
from tasks.task as t
inner join cases.case_record as c on c.case_id = t.case_id
where t.closed_seq = %(seq)s and t.status = 'cancelled'
    and t.kind in ('outreach', 'scheduling', 'billing')
    and c.close_reason in ('died', 'readmitted', 'hospice', 'left_practice', 'left', 'self_pay_restricted')
order by t.effect_key, coalesce(c.close_reason, t.status_reason), t.task_id
on conflict do nothing;

insert into operations.prevented (seq, effect_key, kind, reason, person_id, case_id, at)
select
    %(seq)s, concat_ws('|', 'contact', e.person_id, %(business_date)s::date + 1), 'contact', e.reason,
    e.person_id, min(e.case_id::text)::uuid, %(as_of)s
from operations.exception as e
where e.opened_seq = %(seq)s and e.reason in ('contact_blocked', 'identity_doubt')
    and e.person_id is not null
group by e.person_id, e.reason
on conflict do nothing;
