-- depends: 0020.calendar-and-reasons

-- The digest of all derived state: a sum of row hashes, so that a night's changes alone keep it true
-- and the order of rows does not matter. Kept by the statements that change the rows.
create table cases.digest (
    only_row boolean primary key default true check (only_row),
    total numeric not null default 0
);

insert into cases.digest default values;

create function cases.state_hash(
    case_id uuid, status text, close_reason text, stage text, stage_state text, wanted text,
    encounter_ref text, patient_control_number text, expected_code text, expected_amount numeric
) returns numeric language sql immutable as $$
    select hashtextextended(concat_ws('|', 'case', case_id, status, coalesce(close_reason, '-'),
        stage, stage_state, coalesce(wanted, '-'), coalesce(encounter_ref, '-'),
        coalesce(patient_control_number, '-'), coalesce(expected_code, '-'),
        coalesce(expected_amount::text, '-')), 0)::numeric
$$;

create function cases.stage_hash(case_id uuid, stage text, state text, fact_id uuid) returns numeric
language sql immutable as $$
    select hashtextextended(concat_ws('|', 'stage', case_id, stage, state, coalesce(fact_id::text, '-')), 0)::numeric
$$;

create function cases.keep_case_digest() returns trigger language plpgsql as $$
declare
    change numeric := 0;
begin
    if tg_op in ('INSERT', 'UPDATE') then
        select change + coalesce(sum(cases.state_hash(case_id, status, close_reason, stage, stage_state,
            wanted, encounter_ref, patient_control_number, expected_code, expected_amount)), 0)
        into change from new_rows;
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        select change - coalesce(sum(cases.state_hash(case_id, status, close_reason, stage, stage_state,
            wanted, encounter_ref, patient_control_number, expected_code, expected_amount)), 0)
        into change from old_rows;
    end if;
    if change <> 0 then
        update cases.digest set total = total + change;
    end if;
    return null;
end
$$;

create function cases.keep_stage_digest() returns trigger language plpgsql as $$
declare
    change numeric := 0;
begin
    if tg_op in ('INSERT', 'UPDATE') then
        select change + coalesce(sum(cases.stage_hash(case_id, stage, state, fact_id)), 0)
        into change from new_rows;
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        select change - coalesce(sum(cases.stage_hash(case_id, stage, state, fact_id)), 0)
        into change from old_rows;
    end if;
    if change <> 0 then
        update cases.digest set total = total + change;
    end if;
    return null;
end
$$;

create trigger case_digest_insert after insert on cases.case_record
referencing new table as new_rows for each statement execute function cases.keep_case_digest();
create trigger case_digest_update after update on cases.case_record
referencing new table as new_rows old table as old_rows
for each statement execute function cases.keep_case_digest();
create trigger case_digest_delete after delete on cases.case_record
referencing old table as old_rows for each statement execute function cases.keep_case_digest();
create trigger stage_digest_insert after insert on cases.stage
referencing new table as new_rows for each statement execute function cases.keep_stage_digest();
create trigger stage_digest_update after update on cases.stage
referencing new table as new_rows old table as old_rows
for each statement execute function cases.keep_stage_digest();
create trigger stage_digest_delete after delete on cases.stage
referencing old table as old_rows for each statement execute function cases.keep_stage_digest();

grant execute on all functions in schema cases to throughline_loop, throughline_reader;
