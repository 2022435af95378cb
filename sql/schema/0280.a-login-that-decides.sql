-- depends: 0251.the-door-of-a-decision

-- Decisions come in through one function, which a login of its own may execute and nobody else. The roles of the night
-- take a decision as an input; they can neither make nor change one.
do $$
begin
    if not exists (select from pg_roles where rolname = 'throughline_decider') then
        create role throughline_decider nologin;
    end if;
    execute format(
        'grant connect, temporary on database %I to throughline_decider', current_database()
    );
end
$$;

alter table operations.decision add column login text;
alter table operations.decision alter column login set default session_user;

comment on column operations.decision.login is 'The login of the database that recorded it. Null: made before this was recorded.';

create function operations.decide(
    decision_id uuid,
    decided_by text,
    kind text,
    about_kind text,
    about_id text,
    note text,
    detail jsonb,
    door text,
    record jsonb
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if decide.door not in ('question', 'page', 'command_line') then
        raise exception 'a decision comes in through a question, a page or a command, not through %', decide.door
            using errcode = 'check_violation';
    end if;
    insert into operations.decision (
        decision_id, decided_at, decided_by, kind, about_kind, about_id, note, detail, known_seq, door, record, login
    )
    values (
        decide.decision_id, clock_timestamp(), decide.decided_by, decide.kind, decide.about_kind, decide.about_id,
        decide.note, decide.detail, null, decide.door, decide.record, session_user
    )
    on conflict do nothing;
    return found;
end
$$;

comment on function operations.decide is 'Records a decision once, with the login and the time of the database; returns false if its id is recorded already. Only throughline_decider may execute it.';

revoke all on function operations.decide from public;
grant execute on function operations.decide to throughline_decider;

revoke insert, update, delete, truncate on operations.decision from throughline_loader, throughline_loop, throughline_reader;
-- a night takes what nobody has taken as its input; the trigger lets nothing else of a decision change
grant update (known_seq) on operations.decision to throughline_loop;

-- What the acts weigh, and what they carry out at once.
grant usage on schema landing, quality, identity, cases, tasks, operations to throughline_decider;
grant select on
landing.batch, landing.batch_file, landing.file,
quality.quarantine, quality.verdict,
identity.link,
cases.case_record, cases.do_not_bill,
tasks.claim, tasks.claim_batch,
operations.decision, operations.exception, operations.night, operations.reason, operations.shown
to throughline_decider;
grant insert (about_kind, about_id, digest, door) on operations.shown to throughline_decider;
grant update (
    status, rows_loaded, rows_superseded, rows_quarantined, rows_rejected, rows_pending
) on landing.batch to throughline_decider;
grant update (decision_id) on landing.batch_file to throughline_decider;
grant update (status, decision_id) on quality.quarantine to throughline_decider;
grant update (status, decision_id) on tasks.claim_batch to throughline_decider;
grant update (status) on tasks.claim to throughline_decider;
-- a refused batch of claims opens an exception for each of its claims
grant insert (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
) on operations.exception to throughline_decider;
grant update (
    status, opened_seq, opened_at, due_at, closed_seq, resolution, decision_id, detail
) on operations.exception to throughline_decider;
