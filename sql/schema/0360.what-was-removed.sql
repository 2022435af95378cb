-- depends: 0321.who-is-asked

-- What a named person had removed because it was past its time. A removal is recorded, with the digest of each landed
-- file, before the first byte goes: who finds nothing at a path, finds here since when and by whose decision.
create table operations.removal (
    decision_id uuid not null,
    kind text not null check (
        kind in ('landed_bytes', 'claims_bytes', 'logs', 'pages', 'airflow_metadata', 'looked')
    ),
    -- what is older went
    before_on date not null,
    things bigint not null check (things > 0),
    bytes bigint,
    oldest_kept_on date,
    list_sha256 text,
    begun_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    detail jsonb not null default '{}'::jsonb,
    primary key (decision_id, kind)
);

create index removal_begun on operations.removal (begun_at);

create table landing.removed_file (
    path text primary key check (path <> ''),
    sha256 text not null,
    bytes bigint not null,
    decision_id uuid not null,
    kind text not null check (kind in ('landed_bytes', 'claims_bytes')),
    removed_at timestamptz not null default clock_timestamp()
);

create index removed_file_decision on landing.removed_file (decision_id, kind);
create index file_path on landing.file (path);

comment on table operations.removal is 'What was removed because it was past its time: one row for each kind that a named person''s decision removed. Ended once, never changed otherwise.';
comment on column operations.removal.decision_id is 'The decision (operations.decision) by which it was removed; its detail has the same numbers, and is in the chain.';
comment on column operations.removal.kind is 'What: landed_bytes, claims_bytes, logs, pages, airflow_metadata, looked (docs/retention.md).';
comment on column operations.removal.before_on is 'What was older than this day of the practice went.';
comment on column operations.removal.things is 'How many files, or rows.';
comment on column operations.removal.bytes is 'How many bytes. Null: rows, whose bytes are not counted.';
comment on column operations.removal.oldest_kept_on is 'The day of the oldest that stayed. Null: none stayed, or it is not known.';
comment on column operations.removal.list_sha256 is 'SHA-256 over the list of what went, in hexadecimal: of landed files each path, a space and its sha256, by path, a line each; of logs and pages each path. Null: rows.';
comment on column operations.removal.begun_at is 'When it was recorded, before anything went.';
comment on column operations.removal.ended_at is 'When all of it was gone. Null: it goes on with the next make retain.';
comment on column operations.removal.detail is 'What was found when it ended: rows by table of Airflow, and whether an earlier attempt broke off.';
comment on table landing.removed_file is 'Landed files whose bytes a named person had removed because they were past their time. What was received stays in landing.file, with its hash. Never changed.';
comment on column landing.removed_file.path is 'Where the bytes were, below the landing root (landing.file.path).';
comment on column landing.removed_file.sha256 is 'SHA-256 of the bytes, in hexadecimal.';
comment on column landing.removed_file.bytes is 'How many they were.';
comment on column landing.removed_file.decision_id is 'The decision (operations.decision) by which they were removed.';
comment on column landing.removed_file.kind is 'landed_bytes or claims_bytes: which term had passed.';
comment on column landing.removed_file.removed_at is 'When it was recorded that they go; the bytes went after that.';

grant select on operations.removal, landing.removed_file
to throughline_loader, throughline_loop, throughline_reader, throughline_decider;
grant insert (decision_id, kind, before_on, things, bytes, oldest_kept_on, list_sha256)
on operations.removal to throughline_decider;
grant update (ended_at, detail) on operations.removal to throughline_decider;
grant insert (path, sha256, bytes, decision_id, kind) on landing.removed_file to throughline_decider;
-- which files are past their time, and which of them something still needs
grant select on operations.lease, operations.role to throughline_decider;

create function operations.keep_removal() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.ended_at is not null
        or (to_jsonb(old) - '{ended_at,detail}'::text[]) <> (to_jsonb(new) - '{ended_at,detail}'::text[]) then
        raise exception 'operations.removal: what was removed is ended once, and changes no more'
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

comment on function operations.keep_removal is 'Trigger: lets a removal be ended once.';

create trigger removal_is_kept before update on operations.removal
for each row execute function operations.keep_removal();
create trigger removal_stays before delete on operations.removal
for each row execute function operations.refuse('what was removed is never forgotten');
create trigger removal_is_not_emptied before truncate on operations.removal
for each statement execute function operations.refuse('what was removed is never forgotten');
create trigger removed_file_stays before update or delete on landing.removed_file
for each row execute function operations.refuse('what was removed is never forgotten');
create trigger removed_file_is_not_emptied before truncate on landing.removed_file
for each statement execute function operations.refuse('what was removed is never forgotten');

-- Who looked at whom stays for six years, whatever a setting says: 45 CFR 164.316(b)(2)(i).
drop trigger looks_stay on operations.looked;
create trigger looks_stay before update or truncate on operations.looked
for each statement execute function operations.keep_looks();

create function operations.keep_looks_six_years() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from gone as g where g.looked_at > clock_timestamp() - interval '6 years') then
        raise exception 'operations.looked is append-only for six years' using errcode = 'restrict_violation';
    end if;
    return null;
end
$$;

comment on function operations.keep_looks_six_years is 'Trigger: refuses to remove who looked at whom before six years have passed.';

create trigger looks_stay_six_years after delete on operations.looked
referencing old table as gone for each statement execute function operations.keep_looks_six_years();

create index looked_at on operations.looked (looked_at);

create function operations.looks_before(before timestamptz, out things bigint, out oldest_kept timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        (select count(*) from operations.looked as l where l.looked_at < looks_before.before),
        (select min(l.looked_at) from operations.looked as l where l.looked_at >= looks_before.before)
$$;

create function operations.forget_looks(before timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone bigint;
begin
    delete from operations.looked as l where l.looked_at < forget_looks.before;
    get diagnostics gone = row_count;
    return gone;
end
$$;

comment on function operations.looks_before is 'How many rows of operations.looked are older than a moment, and when the oldest of the others is of. Names nobody.';
comment on function operations.forget_looks is 'Removes who looked at whom before a moment; returns how many rows. Refused for rows that are not six years old.';

revoke all on function operations.looks_before(timestamptz), operations.forget_looks(timestamptz) from public;
grant execute on function operations.looks_before(timestamptz) to throughline_decider, throughline_reader, throughline_loop;
grant execute on function operations.forget_looks(timestamptz) to throughline_decider;
