-- depends: 0540.forms-of-work

-- What the practice's people do themselves, with no system that takes it: written instead of a transmission.
create table tasks.inside (
    task_id uuid primary key references tasks.task (task_id) on delete cascade,
    source text not null,
    known_seq bigint not null
);

alter table tasks.task add column inside_seq bigint;

create index inside_known on tasks.inside (known_seq);

grant select on tasks.inside to throughline_loop, throughline_decider, throughline_reader;
grant insert on tasks.inside to throughline_loop;
grant update (inside_seq) on tasks.task to throughline_loop;

comment on table tasks.inside is 'Tasks that stay inside: shown on the page of work, and asked of no system. No transmission belongs to one.';
comment on column tasks.inside.task_id is 'The task (tasks.task).';
comment on column tasks.task.inside_seq is 'The night that put it on our own pages, if it stays inside (tasks.inside).';
comment on column tasks.inside.source is 'The system of record, by the name of its definition, whose role takes its work inside.';
comment on column tasks.inside.known_seq is 'The night in which we learned it (operations.night): the one that put it there.';

-- Nobody should call a patient who is in a facility: of a call that stays inside, no last check before sending says so.
create or replace view tasks.call as
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
    t.status = 'on-hold' or (c.stage_state = 'blocked' and i.task_id is not null) as on_hold,
    c.trigger_on,
    t.planned_seq,
    t.closed_seq,
    i.task_id is not null as is_inside
from tasks.task as t
inner join cases.case_record as c on c.case_id = t.case_id
left join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage
left join tasks.inside as i on i.task_id = t.task_id
where t.kind = 'outreach';

comment on column tasks.call.on_hold is 'Whether an exception of the case comes first, or the patient is in a facility, so that nobody should call until that is over.';
comment on column tasks.call.is_inside is 'Whether it stays inside: nobody outside is asked to call.';

alter table operations.looked drop constraint looked_page_check;
alter table operations.looked add constraint looked_page_check
check (page in ('calls', 'exceptions', 'exception', 'case', 'person', 'search', 'claims', 'work'));

comment on column operations.looked.page is 'The page: exceptions, exception, case, person, search, claims, calls or work.';
