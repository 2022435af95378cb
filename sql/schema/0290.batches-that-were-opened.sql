-- depends: 0270.refused-acts 0280.a-login-that-decides

-- Who has opened a thing to decide about it, in which state. A batch of claims can be attested only by a person who
-- has opened it as it is now.
create table operations.opened (
    opened_id uuid primary key default gen_random_uuid(),
    who text not null check (who <> ''),
    about_kind text not null,
    about_id text not null,
    digest text not null,
    door text not null check (door in ('page', 'command_line', 'before')),
    record jsonb not null default '{}'::jsonb,
    login text default session_user,
    opened_at timestamptz not null default clock_timestamp()
);

create unique index opened_once on operations.opened (about_kind, about_id, digest, who, door);

-- Openings come in as decisions do: through one function, which stamps login and time.
create function operations.keep_opening(
    who text, about_kind text, about_id text, digest text, door text, record jsonb
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if keep_opening.door not in ('page', 'command_line') then
        raise exception 'a thing is opened through a page or by a command, not through %', keep_opening.door
            using errcode = 'check_violation';
    end if;
    insert into operations.opened (who, about_kind, about_id, digest, door, record, login, opened_at)
    values (
        keep_opening.who, keep_opening.about_kind, keep_opening.about_id, keep_opening.digest, keep_opening.door,
        keep_opening.record, session_user, clock_timestamp()
    )
    on conflict do nothing;
    return found;
end
$$;

comment on function operations.keep_opening is 'Keeps that a person opened a thing, with the login and the time of the database; returns false if it is kept already. Only throughline_decider may execute it.';

revoke all on function operations.keep_opening from public;
grant execute on function operations.keep_opening to throughline_decider;
revoke insert, update, delete, truncate on operations.opened
from throughline_loader, throughline_loop, throughline_reader;

comment on table operations.opened is 'Who has opened a thing to decide about it: one row for each person, state of the thing and door. Never changed.';
comment on column operations.opened.opened_id is 'Its id.';
comment on column operations.opened.who is 'Who opened it, by the id of the auth manager, as in operations.decision.';
comment on column operations.opened.about_kind is 'The kind of the thing: claim_batch.';
comment on column operations.opened.about_id is 'The id of the thing.';
comment on column operations.opened.digest is 'The state of it that was opened: of a batch of claims the SHA-256 of its file and of the list of its claims (tasks.batch_list).';
comment on column operations.opened.door is 'page: a page in Airflow. command_line: a command. before: decided before this was recorded.';
comment on column operations.opened.record is 'What the door itself recorded, by name.';
comment on column operations.opened.login is 'The login of the database that recorded it. Null: opened before this was recorded.';
comment on column operations.opened.opened_at is 'When it was first opened so.';

-- The list of the claims of a batch in words, as it was shown.
create table tasks.batch_list (
    batch_id uuid not null,
    digest text not null,
    told text not null,
    made_at timestamptz not null default clock_timestamp(),
    primary key (batch_id, digest)
);

revoke update, delete, truncate on tasks.batch_list from throughline_loop;

comment on table tasks.batch_list is 'What a person is shown of a batch of claims: the list of its claims in words, kept in each state that was shown. Never changed.';
comment on column tasks.batch_list.batch_id is 'The batch (tasks.claim_batch).';
comment on column tasks.batch_list.digest is 'SHA-256, in hexadecimal, of the bytes of the file with those of the list behind them.';
comment on column tasks.batch_list.told is 'The list, as JSON with sorted names and no blanks.';
comment on column tasks.batch_list.made_at is 'When it was first shown so, by the clock of the database.';

comment on column operations.shown.digest is 'The state of it that was shown: of a batch of claims the SHA-256 of its file and of the list of its claims (tasks.batch_list), of its file alone before that was kept; of a stopped batch its verdict.';

-- What was attested before stays attested.
insert into operations.opened (who, about_kind, about_id, digest, door, login, opened_at)
select d.decided_by, 'claim_batch', b.batch_id::text, d.detail ->> 'sha256', 'before', null, d.decided_at
from tasks.claim_batch as b
inner join operations.decision as d on d.decision_id = b.decision_id
where b.status in ('released', 'sent') and d.kind = 'release' and d.detail ? 'sha256';

-- The place in words, beside its code.
create or replace view evidence.service_location as
select
    h.source,
    h.source_id,
    h.known_seq,
    h.retracted_seq,
    h.place_of_service,
    h.name
from core.location as h
where not h.is_deleted;

comment on column evidence.service_location.name is 'Name.';

-- A release is of the bytes that were shown, by a person who has opened them; no others go out on it, whatever is
-- written into the batch afterwards.
create or replace function tasks.claims_need_release() returns trigger language plpgsql as $$
begin
    if new.kind = 'claim_batch' and not exists (
        select from tasks.claim_batch as b
        inner join operations.decision as d on d.decision_id = b.decision_id
        inner join operations.opened as o
            on o.about_kind = 'claim_batch' and o.about_id = b.batch_id::text and o.who = d.decided_by
            and o.digest = coalesce(d.detail ->> 'digest', d.detail ->> 'sha256')
        where b.batch_id::text = split_part(new.effect_key, '|', 2)
            and b.status in ('released', 'sent')
            and d.kind = 'release'
            and d.about_kind = 'claim_batch'
            and d.about_id = b.batch_id::text
            and d.decided_by <> ''
            and d.detail ->> 'sha256' = new.payload_sha256
            and b.payload_sha256 = new.payload_sha256
            and encode(sha256(new.payload), 'hex') = new.payload_sha256
    ) then
        raise exception 'a batch of claims needs a named release of these bytes, by a person who has opened them';
    end if;
    return new;
end
$$;

-- Who attests has the list told again, in the role that decides.
grant usage on schema evidence to throughline_decider;
grant select on
tasks.task, tasks.batch_list, cases.stage, cases.setting, evidence.fact, evidence.visit, evidence.service_location,
operations.opened
to throughline_decider;
grant insert (batch_id, digest, told) on tasks.batch_list to throughline_decider;
