-- depends: 0281.rights-of-each-role 0310.restored-warehouse

-- What was received, released, sent and closed stays as it is, whoever asks.
create function operations.refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '%.%: % is refused: %', tg_table_schema, tg_table_name, lower(tg_op), tg_argv[0]
        using errcode = 'restrict_violation';
end
$$;

comment on function operations.refuse is 'Refuses a change; the trigger says why.';

-- ---- what was received ---------------------------------------------------------------------------------------

create trigger file_is_kept
before update of file_id, source, business_date, known_seq, original_name, bytes, sha256, received_at on landing.file
for each row when (old.* is distinct from new.*)
execute function operations.refuse('what a file was when it was received never changes');
create trigger file_stays before delete on landing.file
for each row execute function operations.refuse('what was received is never forgotten');

-- ---- facts ---------------------------------------------------------------------------------------------------

create function operations.refuse_to_undo() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
        select from operations.night as n
        where n.status <> 'void' and n.seq > (select min(g.known_seq) from gone as g)
    ) then
        raise exception '%.%: delete is refused: later nights build on it', tg_table_schema, tg_table_name
            using errcode = 'restrict_violation';
    end if;
    return null;
end
$$;

comment on function operations.refuse_to_undo is 'Lets a night that runs again undo what it wrote, until a later night exists.';

create trigger fact_stays after delete on evidence.fact
referencing old table as gone for each statement execute function operations.refuse_to_undo();

-- ---- what goes out -------------------------------------------------------------------------------------------

create trigger transmission_is_kept
before update of
transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256, control_numbers, planned_seq,
intended_at, lookup_deadline
on tasks.transmission
for each row execute function operations.refuse('what was to be sent never changes');
create trigger transmission_stays before delete on tasks.transmission
for each row execute function operations.refuse('what was to be sent is never forgotten');

create function tasks.keep_outcome() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.outcome not in ('intended', 'uncertain') then
        raise exception 'transmission % was %, and stays so', old.transmission_id, old.outcome
            using errcode = 'restrict_violation';
    end if;
    -- one that was never marked as about to be sent is uncertain because of a restore
    if old.outcome = 'uncertain' and old.sent_at is not null
        and new.outcome not in ('uncertain', 'accepted', 'rejected') then
        raise exception 'transmission % may have arrived: only its receiver can say', old.transmission_id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

comment on function tasks.keep_outcome is 'Lets an outcome be recorded once; what is uncertain is settled by a look-up.';

create trigger outcome_is_kept
before update of sent_at, outcome, outcome_at, outcome_seq, outcome_reason, external_ref on tasks.transmission
for each row execute function tasks.keep_outcome();

create function tasks.set_outcome(
    transmission_id uuid,
    outcome text,
    seq bigint,
    reason text,
    external_ref text default null
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update tasks.transmission as x
    set
        outcome = set_outcome.outcome,
        outcome_at = clock_timestamp(),
        outcome_seq = set_outcome.seq,
        outcome_reason = set_outcome.reason,
        external_ref = coalesce(set_outcome.external_ref, x.external_ref)
    where x.transmission_id = set_outcome.transmission_id;
    return found;
end
$$;

comment on function tasks.set_outcome is 'Records how a transmission went, once, under the number of the night that learned it. Only throughline_loop may execute it.';

revoke all on function tasks.set_outcome from public;
grant execute on function tasks.set_outcome to throughline_loop;

create trigger batch_is_kept
before update of
batch_id, payer_id, billing_npi, planned_seq, claim_count, total_charge, payload, payload_sha256,
interchange_control_number, source, created_at
on tasks.claim_batch
for each row when (old.status <> 'waiting')
execute function operations.refuse('what a named person decided about never changes');
create trigger batch_keeps_its_decision
before update of decision_id on tasks.claim_batch
for each row when (old.decision_id is not null and old.decision_id is distinct from new.decision_id)
execute function operations.refuse('a batch is decided about once');
create trigger batch_stays before delete on tasks.claim_batch
for each row execute function operations.refuse('what was put before a person is never forgotten');

-- ---- nights --------------------------------------------------------------------------------------------------

create trigger night_is_kept
before update of seq, business_date, kind, cut_off on operations.night
for each row execute function operations.refuse('a night is of one date, and keeps its number and its clock');
create trigger digests_are_kept
before update of state_digest, plan_digest on operations.night
for each row when (
    (old.state_digest is not null or old.plan_digest is not null)
    and (old.state_digest, old.plan_digest) is distinct from (new.state_digest, new.plan_digest)
)
execute function operations.refuse('the night is closed: its date can be run again, under a new number');
create trigger night_stays before delete on operations.night
for each row execute function operations.refuse('a night is never forgotten');

create function operations.close(seq bigint, state_digest text, plan_digest text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update operations.night as n
    set state_digest = close.state_digest, plan_digest = close.plan_digest
    where n.seq = close.seq
        and not exists (select from operations.night as o where o.seq > n.seq and o.status <> 'void');
    if not found then
        raise exception 'night % is not the newest: its digests are closed', close.seq using errcode = 'restrict_violation';
    end if;
end
$$;

comment on function operations.close is 'Writes the digests of the newest night, once. Only throughline_loop may execute it.';

revoke all on function operations.close from public;
grant execute on function operations.close to throughline_loop;
