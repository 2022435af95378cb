-- depends: 0280.a-login-that-decides

-- Who tried what without being allowed to.
create table operations.refused_act (
    refused_id uuid primary key default gen_random_uuid(),
    who text not null,
    act text not null,
    about_kind text not null,
    about_id text not null,
    permission text not null,
    why text not null,
    door text not null check (door in ('question', 'page', 'command_line')),
    record jsonb not null default '{}'::jsonb,
    refused_at timestamptz not null default clock_timestamp()
);

create index refused_act_since on operations.refused_act (refused_at);

create function operations.refuse_change_of_refusals() returns trigger
language plpgsql as $$
begin
    raise exception 'operations.refused_act is append-only';
end;
$$;

create trigger refused_act_append_only before update or delete on operations.refused_act
for each row execute function operations.refuse_change_of_refusals();

revoke insert, update, delete on operations.refused_act from throughline_loader, throughline_loop;
grant insert (who, act, about_kind, about_id, permission, why, door, record) on operations.refused_act to throughline_decider;

comment on function operations.refuse_change_of_refusals() is 'Trigger: nobody changes operations.refused_act.';
comment on table operations.refused_act is 'Acts that a person tried and was not allowed. Never changed.';
comment on column operations.refused_act.refused_id is 'Its id.';
comment on column operations.refused_act.who is 'Who tried, as the door knows the person: the user id of Airflow''s auth manager, or a login of the operating system.';
comment on column operations.refused_act.act is 'What they tried: release, reject, retry, write_off.';
comment on column operations.refused_act.about_kind is 'The kind of the thing: batch, claim_batch, exception.';
comment on column operations.refused_act.about_id is 'The id of the thing.';
comment on column operations.refused_act.permission is 'The permission that the act needs (permissions.yaml).';
comment on column operations.refused_act.why is 'Why it was refused. No patient data.';
comment on column operations.refused_act.door is 'question: the answer to a question in Airflow. page: a page in Airflow. command_line: a command.';
comment on column operations.refused_act.record is 'What the door itself recorded: of an answer in Airflow its user''s id, run and time.';
comment on column operations.refused_act.refused_at is 'When.';
