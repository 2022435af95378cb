-- depends: 0701.facts-say-more

create table core.immunization (
    status text,
    code_system text,
    code text,
    codings jsonb,
    not_done_value_set text,
    reason_system text,
    reason_code text,
    reason_codings jsonb,
    occurred_at timestamptz,
    occurred_until timestamptz,
    day_only boolean,
    recorded_at timestamptz,
    is_primary_source boolean,
    is_subpotent boolean,
    encounter_id text,
    practitioner_id text
);

comment on table core.immunization is 'A vaccination that was given, or was not (FHIR Immunization).';
comment on column core.immunization.status is 'FHIR immunization-status: completed, not-done, entered-in-error.';
comment on column core.immunization.code_system is 'Code system of code.';
comment on column core.immunization.code is 'The vaccine: of several codings the first, as a rule CVX.';
comment on column core.immunization.codings is 'All codings of code, each with system and code, if it has several.';
comment on column core.immunization.not_done_value_set is 'The value set of which nothing was given (QI-Core, notDoneValueSet), by its address.';
comment on column core.immunization.reason_system is 'Code system of reason_code.';
comment on column core.immunization.reason_code is 'Why it was not given.';
comment on column core.immunization.reason_codings is 'All codings of the reason, each with system and code, if it has several.';
comment on column core.immunization.occurred_at is 'When it was given, or was not. Of a day, month or year alone: its beginning in the source''s time zone.';
comment on column core.immunization.occurred_until is 'Up to when it was, or may have been, where the source says a period, a month or a year. Null: occurred_at says it.';
comment on column core.immunization.day_only is 'Whether the source says only the day of occurred_at.';
comment on column core.immunization.recorded_at is 'When it was written down.';
comment on column core.immunization.is_primary_source is 'Whether whoever recorded it gave it. Null: not said.';
comment on column core.immunization.is_subpotent is 'Whether the dose was too weak to count. Null: not said.';
comment on column core.immunization.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.immunization.practitioner_id is 'Who gave it, by the id in the source.';

call core.add_record('immunization');
