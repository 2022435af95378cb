-- reads: tasks.task, w_person, w_rule, w_trigger, w_watch, w_workflow
-- changes: cases.case_record, cases.watch
-- counts: cases_opened

-- Undoes the cases that an earlier attempt of this run opened, then opens the cases that are due.
delete from cases.case_record as c
using w_person as w
where c.person_id = w.person_id and c.opened_seq = %(seq)s
    and not exists (select from tasks.task as t where t.case_id = c.case_id)
    and not exists (
        select from w_trigger as t
        where (t.person_id, t.workflow, t.trigger_ref) = (c.person_id, c.workflow, c.trigger_ref)
    );

-- count: cases_opened
insert into cases.case_record (
    case_id, workflow, version, person_id, trigger_ref, trigger_fact_id, trigger_on, opened_seq,
    stage, stage_state, status, next_step, next_due_at, owner_team, derived_seq
)
select
    md5(concat_ws('|', 'case', t.person_id, t.workflow, t.trigger_ref))::uuid,
    t.workflow, t.version, t.person_id, t.trigger_ref, t.trigger_fact_id, t.trigger_on, %(seq)s as opened_seq,
    r.stage, 'pending', 'open', 'wait', cases.day_end(%(business_date)s::date), w.owner_team, %(seq)s as derived_seq
from w_trigger as t
inner join w_workflow as w on w.workflow = t.workflow and w.version = t.version
inner join w_rule as r on r.workflow = t.workflow and r.version = t.version and r.position = 1
on conflict (person_id, workflow, trigger_ref) do nothing;

delete from cases.watch as k using w_person as w where k.person_id = w.person_id;

insert into cases.watch (person_id, workflow, check_on, derived_seq)
select person_id, workflow, min(check_on), %(seq)s from w_watch group by person_id, workflow;
