-- depends: 0282.what-never-changes

-- What was decided, how each transmission went, and the digests of closed nights, one after the other: each entry is
-- hashed over what it says and over the entry before it, so that no entry can be changed, left out or put in later
-- without changing all that follow. What an entry says is the row that it is about; only its hash is kept here.
create table operations.chain (
    n bigint primary key,
    kind text not null check (kind in ('decision', 'outcome', 'digest')),
    about_id text not null,
    content_sha256 text not null,
    previous text not null,
    sha256 text not null,
    added_at timestamptz not null default clock_timestamp()
);

create index chain_about on operations.chain (about_id, n);

comment on table operations.chain is 'What was decided, how each transmission went, and the digests of closed nights, in the order in which they were committed. Never changed.';
comment on column operations.chain.n is 'Its place: 1, 2, 3 and so on, without a gap.';
comment on column operations.chain.kind is 'decision: operations.decision. outcome: of a tasks.transmission; one that was uncertain has two. digest: the digests of a night (operations.night).';
comment on column operations.chain.about_id is 'The id of the row, or the number of the night.';
comment on column operations.chain.content_sha256 is 'SHA-256 over what the row said, in hexadecimal: operations.content() of it.';
comment on column operations.chain.previous is 'The sha256 of the entry before; 64 zeros for the first.';
comment on column operations.chain.sha256 is 'SHA-256 over place, kind, id, content_sha256 and previous, separated by |, in hexadecimal.';
comment on column operations.chain.added_at is 'When. Not part of the hash.';

-- What an entry says, in one way whatever the settings of the session are.
create function operations.content(d operations.decision) returns text language sql stable as $$
    select jsonb_build_array(
        d.decision_id, to_char(d.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), d.decided_by, d.kind,
        d.about_kind, d.about_id, d.note, d.detail, d.door, d.record, d.login
    )::text
$$;

create function operations.content(x tasks.transmission) returns text language sql stable as $$
    select jsonb_build_array(
        x.transmission_id, x.effect_key, x.kind, x.target, x.payload_sha256, x.outcome,
        to_char(x.outcome_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), x.outcome_seq, x.outcome_reason,
        x.external_ref
    )::text
$$;

create function operations.content(n operations.night) returns text language sql stable as $$
    select jsonb_build_array(
        n.seq, to_char(n.business_date, 'YYYY-MM-DD'), n.kind,
        to_char(n.cut_off at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), n.state_digest, n.plan_digest
    )::text
$$;

create function operations.hashed(text) returns text language sql immutable as $$
    select encode(sha256(convert_to($1, 'UTF8')), 'hex')
$$;

comment on function operations.content(operations.decision) is 'What the chain says of a decision: everything but the night that takes it.';
comment on function operations.content(tasks.transmission) is 'What the chain says of an outcome: of what, to whom, and how it went.';
comment on function operations.content(operations.night) is 'What the chain says of a night: its date, its clock and its digests.';
comment on function operations.hashed is 'SHA-256 of a text in UTF-8, in hexadecimal.';

-- The order is that of commits: entries are added at the end of a transaction, so that the lock is held for a moment and
-- no step waits for another.
create function operations.add_to_chain() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    last record;
    id text;
    content text;
begin
    case tg_argv[0]
        when 'decision' then id := new.decision_id;
        when 'outcome' then id := new.transmission_id;
        when 'digest' then id := new.seq;
    end case;
    content := operations.hashed(operations.content(new));
    perform pg_advisory_xact_lock(7240120);
    select c.n, c.sha256 into last from operations.chain as c order by c.n desc limit 1;
    insert into operations.chain (n, kind, about_id, content_sha256, previous, sha256)
    select
        e.n, tg_argv[0], id, content, e.previous,
        operations.hashed(concat_ws('|', e.n, tg_argv[0], id, content, e.previous))
    from (select coalesce(last.n, 0) + 1 as n, coalesce(last.sha256, repeat('0', 64)) as previous) as e;
    return null;
end
$$;

comment on function operations.add_to_chain is 'Adds a row to the chain when its transaction ends.';

revoke all on function operations.add_to_chain from public;

create constraint trigger decision_in_chain after insert on operations.decision
deferrable initially deferred for each row execute function operations.add_to_chain('decision');

create constraint trigger outcome_in_chain
after insert or update of outcome, outcome_at, outcome_seq, outcome_reason, external_ref on tasks.transmission
deferrable initially deferred for each row when (new.outcome <> 'intended')
execute function operations.add_to_chain('outcome');

create constraint trigger digest_in_chain after insert or update of state_digest, plan_digest on operations.night
deferrable initially deferred for each row when (new.state_digest is not null)
execute function operations.add_to_chain('digest');

-- What is there already, oldest first: 100,000 entries took 16 s on two busy cores.
do $$
declare
    one record;
    last text := repeat('0', 64);
    next text;
    place bigint := 0;
begin
    for one in
        select 'decision' as kind, d.decision_id::text as id, d.decided_at as at, operations.content(d) as content
        from operations.decision as d
        union all
        select 'outcome', x.transmission_id::text, x.outcome_at, operations.content(x)
        from tasks.transmission as x where x.outcome <> 'intended'
        union all
        select 'digest', n.seq::text, n.finished_at, operations.content(n)
        from operations.night as n where n.state_digest is not null
        order by 3 nulls first, 1, 2
    loop
        place := place + 1;
        one.content := operations.hashed(one.content);
        next := operations.hashed(concat_ws('|', place, one.kind, one.id, one.content, last));
        insert into operations.chain (n, kind, about_id, content_sha256, previous, sha256)
        values (place, one.kind, one.id, one.content, last, next);
        last := next;
    end loop;
end
$$;

create trigger chain_stays before update or delete on operations.chain
for each row execute function operations.refuse('the chain only grows');
create trigger chain_is_not_emptied before truncate on operations.chain
for each statement execute function operations.refuse('the chain only grows');

grant select on operations.chain to throughline_loop, throughline_reader, throughline_decider;
