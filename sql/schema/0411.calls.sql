-- depends: 0410.names-as-they-are-typed

-- The calls of the morning's page, the summary and the page of whom to call: chosen in one place, so that they agree.
create view tasks.call as
select
    t.task_id,
    t.case_id,
    t.person_id,
    t.workflow,
    c.version,
    t.stage,
    least(t.due_at, s.due_at) as due_at,
    t.owner_team,
    t.owner,
    t.priority,
    t.status = 'on-hold' as on_hold,
    c.trigger_on,
    t.planned_seq,
    t.closed_seq
from tasks.task as t
inner join cases.case_record as c on c.case_id = t.case_id
left join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage
where t.kind = 'outreach';

revoke all on tasks.call from throughline_loader, throughline_loop, throughline_reader, throughline_decider;
grant select on tasks.call to throughline_loop, throughline_reader;

comment on view tasks.call is 'The tasks that are calls: outreach, with what their case and stage say about when and why.';
comment on column tasks.call.task_id is 'The task (tasks.task).';
comment on column tasks.call.case_id is 'The case that the call is for (cases.case_record).';
comment on column tasks.call.person_id is 'The person (identity.person).';
comment on column tasks.call.workflow is 'The workflow, by its name.';
comment on column tasks.call.version is 'The version of the workflow that opened the case.';
comment on column tasks.call.stage is 'The stage of the workflow, by its name.';
comment on column tasks.call.due_at is 'When it is due: the earlier one of the task''s own due time and the end of the stage''s clock. The end of a day is the midnight after it.';
comment on column tasks.call.owner_team is 'The team that owns it.';
comment on column tasks.call.owner is 'The named person who has it. Null: nobody yet, the team has it.';
comment on column tasks.call.priority is 'routine, urgent, asap or stat.';
comment on column tasks.call.on_hold is 'Whether an exception of the case comes first, so that nobody should call until a person has decided.';
comment on column tasks.call.trigger_on is 'The day of the trigger: attempts since then count.';
comment on column tasks.call.planned_seq is 'The night that planned it (operations.night).';
comment on column tasks.call.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';
