-- depends: 0702.vaccinations

create table core.observation (
    status text,
    category_code text,
    code_system text,
    code text,
    codings jsonb,
    value numeric,
    comparator text,
    unit text,
    value_system text,
    value_code text,
    value_codings jsonb,
    value_text text,
    interpretation_code text,
    interpretation_codings jsonb,
    reference_low numeric,
    reference_high numeric,
    data_absent_reason text,
    occurred_at timestamptz,
    occurred_until timestamptz,
    day_only boolean,
    issued_at timestamptz,
    encounter_id text,
    orders jsonb,
    performer_id text,
    device_id text,
    specimen_id text,
    placer_order text,
    filler_order text,
    accession text
);

comment on table core.observation is 'Something measured, tested, asked or seen (FHIR Observation).';
comment on column core.observation.status is 'FHIR observation-status: registered, preliminary, final, amended, corrected, cancelled, entered-in-error.';
comment on column core.observation.category_code is 'FHIR observation-category: laboratory, imaging, vital-signs and so on. Null: not said.';
comment on column core.observation.code_system is 'Code system of code.';
comment on column core.observation.code is 'What was measured: of several codings the first, as a rule LOINC.';
comment on column core.observation.codings is 'All codings of code, each with system and code, if it has several.';
comment on column core.observation.value is 'The number that was measured, in unit. Null: the value is no number, or there is none.';
comment on column core.observation.comparator is 'What the value is compared by, where it is no measured number: <, <=, >=, >.';
comment on column core.observation.unit is 'Unit of value: by UCUM where the source has that, else as it writes it.';
comment on column core.observation.value_system is 'Code system of value_code.';
comment on column core.observation.value_code is 'The value, where it is a code, or true or false.';
comment on column core.observation.value_codings is 'All codings of value_code, each with system and code, if it has several.';
comment on column core.observation.value_text is 'The value, where it is neither a number nor a code: a text, a ratio, a range, a time.';
comment on column core.observation.interpretation_code is 'How it is to be read (HL7 v3 ObservationInterpretation): N, A, H, L, HH, LL, POS, NEG and so on.';
comment on column core.observation.interpretation_codings is 'All codings of the interpretation, each with system and code, if it has several.';
comment on column core.observation.reference_low is 'Lower end of the reference range for this patient, in unit. Null: none is said, or it depends on more.';
comment on column core.observation.reference_high is 'Upper end of the reference range for this patient, in unit. Null: none is said, or it depends on more.';
comment on column core.observation.data_absent_reason is 'Why there is no value (FHIR data-absent-reason). Null: there is one, or it is not said.';
comment on column core.observation.occurred_at is 'The moment of the body that it tells of, as a rule when the specimen was taken. Of a day, month or year alone: its beginning in the source''s time zone.';
comment on column core.observation.occurred_until is 'Up to when it was, or may have been, where the source says a period, a month or a year. Null: occurred_at says it.';
comment on column core.observation.day_only is 'Whether the source says only the day of occurred_at.';
comment on column core.observation.issued_at is 'When it was given out.';
comment on column core.observation.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.observation.orders is 'The orders that it answers, by their ids in the source.';
comment on column core.observation.performer_id is 'Who is responsible for it, by the id in the source.';
comment on column core.observation.device_id is 'The device that measured it, by its id in the source.';
comment on column core.observation.specimen_id is 'The specimen, by its id in the source.';
comment on column core.observation.placer_order is 'The number of the order at whoever placed it.';
comment on column core.observation.filler_order is 'The number of the order at whoever fills it.';
comment on column core.observation.accession is 'The accession number, which laboratories and imaging share.';

call core.add_record('observation');

create table core.observation_component (
    observation_source_id text,
    code_system text,
    code text,
    codings jsonb,
    value numeric,
    comparator text,
    unit text,
    value_system text,
    value_code text,
    value_codings jsonb,
    value_text text,
    interpretation_code text,
    interpretation_codings jsonb,
    reference_low numeric,
    reference_high numeric,
    data_absent_reason text
);

comment on table core.observation_component is 'A part of an observation with a value of its own (FHIR Observation.component).';
comment on column core.observation_component.observation_source_id is 'The observation, by its source_id in the same source.';
comment on column core.observation_component.code_system is 'Code system of code.';
comment on column core.observation_component.code is 'What was measured: of several codings the first.';
comment on column core.observation_component.codings is 'All codings of code, each with system and code, if it has several.';
comment on column core.observation_component.value is 'The number that was measured, in unit. Null: the value is no number, or there is none.';
comment on column core.observation_component.comparator is 'What the value is compared by, where it is no measured number: <, <=, >=, >.';
comment on column core.observation_component.unit is 'Unit of value: by UCUM where the source has that, else as it writes it.';
comment on column core.observation_component.value_system is 'Code system of value_code.';
comment on column core.observation_component.value_code is 'The value, where it is a code, or true or false.';
comment on column core.observation_component.value_codings is 'All codings of value_code, each with system and code, if it has several.';
comment on column core.observation_component.value_text is 'The value, where it is neither a number nor a code: a text, a ratio, a range, a time.';
comment on column core.observation_component.interpretation_code is 'How it is to be read (HL7 v3 ObservationInterpretation): N, A, H, L, HH, LL, POS, NEG and so on.';
comment on column core.observation_component.interpretation_codings is 'All codings of the interpretation, each with system and code, if it has several.';
comment on column core.observation_component.reference_low is 'Lower end of the reference range for this patient, in unit. Null: none is said, or it depends on more.';
comment on column core.observation_component.reference_high is 'Upper end of the reference range for this patient, in unit. Null: none is said, or it depends on more.';
comment on column core.observation_component.data_absent_reason is 'Why there is no value (FHIR data-absent-reason). Null: there is one, or it is not said.';

call core.add_record('observation_component');

create index observation_component_observation_source_id on core.observation_component (observation_source_id);

create table core.diagnostic_report (
    status text,
    category_code text,
    code_system text,
    code text,
    codings jsonb,
    occurred_at timestamptz,
    occurred_until timestamptz,
    day_only boolean,
    issued_at timestamptz,
    encounter_id text,
    orders jsonb,
    results jsonb,
    performer_id text,
    interpreter_id text,
    conclusion_system text,
    conclusion_code text,
    conclusion_codings jsonb,
    placer_order text,
    filler_order text,
    accession text
);

comment on table core.diagnostic_report is 'A report on tests, images or a procedure (FHIR DiagnosticReport).';
comment on column core.diagnostic_report.status is 'FHIR diagnostic-report-status: registered, partial, preliminary, final, amended, corrected, appended, cancelled, entered-in-error.';
comment on column core.diagnostic_report.category_code is 'The service that reports (HL7 v2 table 0074): LAB, RAD and so on. Null: not said.';
comment on column core.diagnostic_report.code_system is 'Code system of code.';
comment on column core.diagnostic_report.code is 'What it reports on: of several codings the first.';
comment on column core.diagnostic_report.codings is 'All codings of code, each with system and code, if it has several.';
comment on column core.diagnostic_report.occurred_at is 'The moment of the body that it tells of. Of a day, month or year alone: its beginning in the source''s time zone.';
comment on column core.diagnostic_report.occurred_until is 'Up to when it was, or may have been, where the source says a period, a month or a year. Null: occurred_at says it.';
comment on column core.diagnostic_report.day_only is 'Whether the source says only the day of occurred_at.';
comment on column core.diagnostic_report.issued_at is 'When it was given out.';
comment on column core.diagnostic_report.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.diagnostic_report.orders is 'The orders that it answers, by their ids in the source.';
comment on column core.diagnostic_report.results is 'The observations that it holds, by their ids in the source.';
comment on column core.diagnostic_report.performer_id is 'Who issues it, by the id in the source.';
comment on column core.diagnostic_report.interpreter_id is 'Who read it, by the id in the source. Null: not said.';
comment on column core.diagnostic_report.conclusion_system is 'Code system of conclusion_code.';
comment on column core.diagnostic_report.conclusion_code is 'What it concludes.';
comment on column core.diagnostic_report.conclusion_codings is 'All codings of the conclusions, each with system and code, if there are several.';
comment on column core.diagnostic_report.placer_order is 'The number of the order at whoever placed it.';
comment on column core.diagnostic_report.filler_order is 'The number of the order at whoever fills it.';
comment on column core.diagnostic_report.accession is 'The accession number, which laboratories and imaging share.';

call core.add_record('diagnostic_report');
