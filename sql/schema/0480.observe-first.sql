-- depends: 0500.visits-told-in-parts

-- Whether what is planned goes out, as the definitions say it: pinned by night, as settings are.
create table operations.mode (
    scope text not null check (scope in ('practice', 'workflow', 'target')),
    name text not null,
    known_seq bigint not null,
    mode text not null,
    primary key (scope, name, known_seq)
);

grant select on operations.mode to throughline_loop, throughline_decider, throughline_reader;
grant insert, delete on operations.mode to throughline_loop;

comment on table operations.mode is 'Whether what is planned goes out, for the practice, a workflow or a system that takes work. A row for each change; without one it is live.';
comment on column operations.mode.scope is 'practice, workflow or target.';
comment on column operations.mode.name is 'The workflow, or source|role of a target; empty for the practice.';
comment on column operations.mode.known_seq is 'The night in which we learned it (operations.night): the one that read the definitions.';
comment on column operations.mode.mode is 'live, or observe: it is planned and shown, and does not go out.';

-- Which system takes which work, as of a night: a target that is only observed must be the same in a replay.
create table operations.routing (
    known_seq bigint primary key,
    roles jsonb not null,
    serves jsonb not null
);

grant select on operations.routing to throughline_loop, throughline_reader;
grant insert, delete on operations.routing to throughline_loop;

comment on table operations.routing is 'The roles of all systems and whom they serve, by night: a row for each change.';
comment on column operations.routing.known_seq is 'The night in which we learned it (operations.night): the one that read the definitions.';
comment on column operations.routing.roles is 'A list of {source, role, connection}, as in operations.role.';
comment on column operations.routing.serves is 'A list of {source, kind, value}, as in operations.serves.';

-- The times of observing. A clock passed while observing if it ended after after_at and not after until_at.
create view operations.observing as
select
    m.scope,
    m.name,
    m.from_seq,
    m.to_seq,
    coalesce((
        select max(n.cut_off) from operations.night as n
        where n.seq < m.from_seq and n.status <> 'void'
    ), '-infinity') as after_at,
    case when m.to_seq is null then 'infinity' else coalesce((
        select max(n.cut_off) from operations.night as n
        where n.seq < m.to_seq and n.status <> 'void'
    ), '-infinity') end as until_at
from (
    select
        x.scope,
        x.name,
        x.mode,
        x.known_seq as from_seq,
        lead(x.known_seq) over (partition by x.scope, x.name order by x.known_seq) as to_seq
    from operations.mode as x
) as m
where m.mode = 'observe';

-- Whether on a night the work of a workflow for a target is only observed. A null is no part of the question.
create function operations.observes(at_seq bigint, workflow text, target text) returns boolean
language sql stable as $$
    select exists (
        select from operations.mode as m
        where m.known_seq = (
                select max(o.known_seq) from operations.mode as o
                where o.scope = m.scope and o.name = m.name and o.known_seq <= at_seq
            )
            and m.mode = 'observe'
            and (
                m.scope = 'practice'
                or (m.scope = 'workflow' and m.name = observes.workflow)
                or (m.scope = 'target' and m.name = observes.target)
            )
    )
$$;

revoke all on operations.observing from throughline_loader, throughline_loop;
grant select on operations.observing to throughline_loop, throughline_decider, throughline_reader;

comment on view operations.observing is 'Since when, and until when, the practice, a workflow or a target was only observed.';
comment on column operations.observing.scope is 'practice, workflow or target.';
comment on column operations.observing.name is 'The workflow, or source|role of a target; empty for the practice.';
comment on column operations.observing.from_seq is 'The first night that observed.';
comment on column operations.observing.to_seq is 'The first night that did not any more. Null: it goes on.';
comment on column operations.observing.after_at is 'The cut-off of the last night before, in UTC: clocks that ended later passed while observing.';
comment on column operations.observing.until_at is 'The cut-off of the last night that observed, in UTC; infinity while it goes on.';
comment on function operations.observes is 'Whether a night only observes: the practice, this workflow, or this target (source|role).';

-- What a night planned and did not ask anybody for: observed, or held until a named person lets it out.
create table tasks.observed (
    case_id uuid not null,
    stage text not null,
    kind text not null,
    from_seq bigint not null,
    to_seq bigint,
    is_held boolean not null,
    person_id uuid not null,
    workflow text not null,
    attempt integer not null,
    owner_team text not null,
    priority text not null,
    target text,
    detail jsonb not null,
    primary key (case_id, stage, kind, from_seq)
);

create index observed_standing on tasks.observed (workflow) where to_seq is null;
create index observed_person on tasks.observed (person_id);
create index observed_from on tasks.observed (from_seq);
create index observed_to on tasks.observed (to_seq);

grant select on tasks.observed to throughline_loop, throughline_decider, throughline_reader;
grant insert, delete, update (to_seq) on tasks.observed to throughline_loop;

comment on table tasks.observed is 'Work that a case asked for while it was only observed, or after that until a named person lets it out. No task, no effect key, no transmission belongs to it.';
comment on column tasks.observed.case_id is 'The case that asks for it.';
comment on column tasks.observed.stage is 'The stage that it would move.';
comment on column tasks.observed.kind is 'The kind of task that it would be.';
comment on column tasks.observed.from_seq is 'The first night that planned it so.';
comment on column tasks.observed.to_seq is 'The first night that did not any more. Null: it stands.';
comment on column tasks.observed.is_held is 'Whether it is live again, was observed before, and waits for a named person.';
comment on column tasks.observed.person_id is 'The person (identity.person).';
comment on column tasks.observed.workflow is 'The workflow, by its name: that of the case.';
comment on column tasks.observed.attempt is 'The number that the task would have within its stage.';
comment on column tasks.observed.owner_team is 'The team that owns it: the task that it would be.';
comment on column tasks.observed.priority is 'The priority that it would have.';
comment on column tasks.observed.target is 'The system that would get it, as source|role, if a target is only observed. Null: not asked.';
comment on column tasks.observed.detail is 'What the task would say, as in tasks.task.detail.';

-- Which observed work a named person has let out: what stood, held, on the night that was shown.
create view tasks.let_out as
select o.case_id, o.stage, o.kind, o.from_seq, d.known_seq, d.decision_id
from tasks.observed as o
inner join operations.decision as d
    on d.about_kind = 'held' and d.about_id = o.workflow and d.kind = 'release_observed'
where o.is_held
    and o.from_seq <= (d.detail ->> 'night')::bigint
    and (o.to_seq is null or o.to_seq > (d.detail ->> 'night')::bigint);

revoke all on tasks.let_out from throughline_loader, throughline_loop, throughline_reader;
grant select on tasks.let_out to throughline_loop, throughline_decider, throughline_reader;

comment on view tasks.let_out is 'Held work that a named person has let out: what stood on the night that was shown.';
comment on column tasks.let_out.case_id is 'The case that asks for it.';
comment on column tasks.let_out.stage is 'The stage that it would move.';
comment on column tasks.let_out.kind is 'The kind of task that it would be.';
comment on column tasks.let_out.from_seq is 'The first night that planned it so.';
comment on column tasks.let_out.known_seq is 'The night in which we learned it (operations.night). Null: the next one takes it.';
comment on column tasks.let_out.decision_id is 'The decision (operations.decision).';

-- Whether an open task is only observed now: what was planned before, and has not gone out.
create function tasks.is_observed(at_seq bigint, task_id uuid, target text) returns boolean
language sql stable as $$
    select t.kind <> 'review' and operations.observes(at_seq, t.workflow, is_observed.target)
    from tasks.task as t
    where t.task_id = is_observed.task_id
$$;

comment on function tasks.is_observed is 'Whether a night only observes the work of this task for this target (source|role).';

-- Clocks that passed while nobody could be asked: counted in no rate.
create view cases.passed_unasked as
select s.case_id, s.stage
from cases.stage as s
inner join cases.case_record as c on c.case_id = s.case_id
where s.due_at is not null
    and (
        exists (
            select from operations.observing as o
            where o.scope in ('practice', 'workflow')
                and (o.scope = 'practice' or o.name = c.workflow)
                and s.due_at > o.after_at and s.due_at <= o.until_at
        )
        or exists (
            select from tasks.observed as x
            inner join operations.observing as o on o.scope = 'target' and o.name = x.target
            where x.case_id = s.case_id and x.stage = s.stage and not x.is_held
                and s.due_at > o.after_at and s.due_at <= o.until_at
        )
    );

revoke all on cases.passed_unasked from throughline_loader, throughline_loop, throughline_reader;
grant select on cases.passed_unasked to throughline_loop, throughline_reader;

comment on view cases.passed_unasked is 'Stages whose clock ended while their work was only observed: counted in no rate.';
comment on column cases.passed_unasked.case_id is 'The case.';
comment on column cases.passed_unasked.stage is 'The stage.';
