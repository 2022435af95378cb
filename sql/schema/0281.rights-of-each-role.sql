-- depends: 0280.a-login-that-decides 0260.other-content 0270.refused-acts 0290.batches-that-were-opened 0300.who-looked-at-whom 0310.restored-warehouse 0320.questions

-- Each role has what the statements of its steps need, table by table, and of a table that it changes the columns that
-- it changes. A table made later is closed to all of them until its own migration says who may do what.
do $$
declare
    place text;
    who text;
begin
    foreach place in array array[
        'landing', 'staging', 'quality', 'identity', 'core', 'evidence', 'cases', 'tasks', 'operations'
    ] loop
        foreach who in array array['throughline_loader', 'throughline_loop', 'throughline_reader'] loop
            execute format('alter default privileges in schema %I revoke all on tables from %I', place, who);
            execute format('alter default privileges in schema %I revoke all on sequences from %I', place, who);
        end loop;
        -- what each role reads stays as it is
        execute format(
            'revoke insert, update, delete, truncate on all tables in schema %I from throughline_loader, throughline_loop',
            place
        );
    end loop;
end
$$;

-- no step of the loop reads what is on its way to core
revoke all on all tables in schema staging from throughline_loop;
revoke usage on schema staging from throughline_loop;

-- ---- throughline_loader: lands, stages, judges and loads -----------------------------------------------------

do $$
declare
    one record;
begin
    for one in
        select n.nspname, c.relname
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in ('staging', 'core') and c.relkind in ('r', 'p')
    loop
        -- a load that is tried again replaces the rows of the same night
        execute format('grant insert, delete on %I.%I to throughline_loader', one.nspname, one.relname);
        if one.nspname = 'core' then
            execute format('grant update (retracted_seq) on core.%I to throughline_loader', one.relname);
        end if;
    end loop;
end
$$;

grant insert on
landing.batch, landing.batch_file, landing.export_job, landing.file, landing.search, landing.searched_subject,
landing.subject_search, landing.watermark, operations.step, quality.quarantine, quality.verdict
to throughline_loader;
grant insert (about_kind, about_id, digest, door) on operations.shown to throughline_loader;
grant update (
    status, loaded_seq, withdrawn_seq, read_as,
    rows_received, rows_loaded, rows_superseded, rows_quarantined, rows_rejected, rows_pending
) on landing.batch to throughline_loader;
grant update (row_count, withdrawn_seq) on landing.batch_file to throughline_loader;
grant update (status, ended_seq, ended_at, released_at) on landing.export_job to throughline_loader;
grant update (path, status, duplicate_of, refused_reason, modified_at) on landing.file to throughline_loader;
grant update (method, param, cannot_see, requests, left_out) on landing.search to throughline_loader;
grant update (known_seq, complete_to) on landing.searched_subject to throughline_loader;
grant update (closed_seq) on landing.subject_search to throughline_loader;
grant update (watermark) on landing.watermark to throughline_loader;
grant update (
    status, closed_seq, decision_id, subject_source, subject_id
) on quality.quarantine to throughline_loader;
grant update (
    status, started_at, finished_at, seconds, row_count, detail
) on operations.step to throughline_loader;
-- what a gate or a load that is tried again said before, and how far a delivery that was taken back had come
grant delete on landing.watermark, quality.quarantine, quality.verdict to throughline_loader;

-- ---- throughline_loop: derives, plans, sends and closes ------------------------------------------------------

grant insert on
cases.allowed_share, cases.business_day, cases.case_record, cases.event, cases.setting_known, cases.stage, cases.watch,
cases.workflow_version,
evidence.code_map, evidence.fact, evidence.known_code, evidence.unmapped,
identity.identifier, identity.link, identity.person,
operations.code_seen, operations.coded_field, operations.escalation, operations.exception, operations.feed,
operations.lease, operations.prevented, operations.reason, operations.role, operations.serves, operations.signal, operations.source,
operations.step, operations.work_item,
tasks.answer, tasks.batch_list, tasks.claim, tasks.claim_support, tasks.event, tasks.task, tasks.transmission_task
to throughline_loop;
grant insert (about_kind, about_id, digest, door) on operations.shown to throughline_loop;
grant insert (seq, business_date, kind, cut_off, derivation) on operations.night to throughline_loop;
-- who released a batch, and how a transmission went, is said later and by others
grant insert (
    batch_id, payer_id, billing_npi, planned_seq, claim_count, total_charge, payload, payload_sha256,
    interchange_control_number, source, status
) on tasks.claim_batch to throughline_loop;
grant insert (
    transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256, control_numbers,
    planned_seq, intended_at, lookup_deadline
) on tasks.transmission to throughline_loop;

grant update (
    close_reason, closed_seq, derived_seq, encounter_ref, expected_amount, expected_code, next_due_at, next_step,
    next_step_ref, owner_team, patient_control_number, recheck_at, stage, stage_state, status, time_zone, trigger_on,
    waits_on_feeds, wanted, wanted_detail
) on cases.case_record to throughline_loop;
grant update (derived_seq, detail, due_at, fact_id, proven_at, reason, state) on cases.stage to throughline_loop;
grant update (
    status, definition, activated_seq, retired_seq
) on cases.workflow_version to throughline_loop;
grant update (retracted_seq, reverses) on evidence.fact to throughline_loop;
grant update (retracted_seq) on evidence.unmapped to throughline_loop;
grant update (retired_seq) on identity.identifier, identity.link to throughline_loop;
grant update (closed_by, closed_seq, decision_id) on landing.file to throughline_loop;
grant update (closed_seq) on quality.quarantine to throughline_loop;
grant update (first_seq) on operations.code_seen to throughline_loop;
grant update (known_seq) on operations.decision to throughline_loop;
grant update (
    status, owner, opened_seq, opened_at, due_at, closed_seq, resolution, decision_id, amount, detail
) on operations.exception to throughline_loop;
grant update (
    owner_team, expected_by, allowed_lag_days, may_be_first, volume
) on operations.feed to throughline_loop;
grant update (holder, business_date, taken_at, expires_at) on operations.lease to throughline_loop;
grant update (
    status, finished_at, counts, derivation, code_revision, definition_hashes, failed_step, reason
) on operations.night to throughline_loop;
grant update (owner_team, due_days, title) on operations.reason to throughline_loop;
grant update (title, id_prefix, is_chart, number_prefixes) on operations.source to throughline_loop;
grant update (
    status, started_at, finished_at, seconds, row_count, detail
) on operations.step to throughline_loop;
grant update (status, batch_id) on tasks.claim to throughline_loop;
grant update (status) on tasks.claim_batch to throughline_loop;
grant update (last_control_number) on tasks.interchange_counter to throughline_loop;
grant update (
    status, status_reason, closed_seq, closed_fact_id, effect_key
) on tasks.task to throughline_loop;
grant update (sent_at) on tasks.transmission to throughline_loop;

-- a step that runs again for the same night first undoes what it wrote; definitions are written anew each night
grant delete on
cases.allowed_share, cases.business_day, cases.case_record, cases.setting_known, cases.watch,
evidence.code_map, evidence.fact, evidence.known_code, evidence.unmapped,
identity.identifier, identity.link, identity.person,
operations.code_seen, operations.escalation, operations.exception, operations.feed, operations.role, operations.serves, operations.signal,
tasks.task, tasks.transmission_task
to throughline_loop;

-- The digest of all derived state is kept by the statements that change it, and set by nobody.
alter function cases.keep_case_digest() security definer set search_path = pg_catalog, pg_temp;
alter function cases.keep_stage_digest() security definer set search_path = pg_catalog, pg_temp;
