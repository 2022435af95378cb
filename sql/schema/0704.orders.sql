-- depends: 0703.results

create table core.service_request (
    status text,
    intent text,
    priority text,
    category_code text,
    do_not_perform boolean,
    code_system text,
    code text,
    codings jsonb,
    not_done_value_set text,
    reason_system text,
    reason_code text,
    reason_codings jsonb,
    authored_at timestamptz,
    day_only boolean,
    wanted_from timestamptz,
    wanted_until timestamptz,
    encounter_id text,
    requester_id text,
    performer_id text,
    specialty_system text,
    specialty_code text,
    specialty_codings jsonb,
    orders jsonb,
    replaces jsonb,
    requisition text,
    placer_order text,
    filler_order text,
    accession text
);

comment on table core.service_request is 'An order: a test, a procedure, a referral (FHIR ServiceRequest).';
comment on column core.service_request.status is 'FHIR request-status: draft, active, on-hold, revoked, completed, entered-in-error.';
comment on column core.service_request.intent is 'FHIR request-intent: proposal, plan, order, original-order, filler-order and so on.';
comment on column core.service_request.priority is 'FHIR request-priority: routine, urgent, asap, stat.';
comment on column core.service_request.category_code is 'What kind of order it is. Null: not said.';
comment on column core.service_request.do_not_perform is 'Whether it is an order not to do it.';
comment on column core.service_request.code_system is 'Code system of code.';
comment on column core.service_request.code is 'What is ordered: of several codings the first.';
comment on column core.service_request.codings is 'All codings of code, each with system and code, if it has several.';
comment on column core.service_request.not_done_value_set is 'The value set of which nothing is to be done (QI-Core, notDoneValueSet), by its address.';
comment on column core.service_request.reason_system is 'Code system of reason_code.';
comment on column core.service_request.reason_code is 'Why it is ordered, or is not to be done.';
comment on column core.service_request.reason_codings is 'All codings of the reason, each with system and code, if it has several.';
comment on column core.service_request.authored_at is 'When it was written.';
comment on column core.service_request.day_only is 'Whether the source says only the day of authored_at.';
comment on column core.service_request.wanted_from is 'From when it is wanted.';
comment on column core.service_request.wanted_until is 'Up to when it is wanted.';
comment on column core.service_request.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.service_request.requester_id is 'Who ordered it, by the id in the source.';
comment on column core.service_request.performer_id is 'Who is to do it, by the id in the source.';
comment on column core.service_request.specialty_system is 'Code system of specialty_code.';
comment on column core.service_request.specialty_code is 'The specialty that is to do it.';
comment on column core.service_request.specialty_codings is 'All codings of the specialty, each with system and code, if it has several.';
comment on column core.service_request.orders is 'The orders that it answers, by their ids in the source.';
comment on column core.service_request.replaces is 'The orders that it takes the place of, by their ids in the source.';
comment on column core.service_request.requisition is 'The number that orders made together share.';
comment on column core.service_request.placer_order is 'The number of the order at whoever placed it.';
comment on column core.service_request.filler_order is 'The number of the order at whoever fills it.';
comment on column core.service_request.accession is 'The accession number, which laboratories and imaging share.';

call core.add_record('service_request');

create table core.medication_request (
    status text,
    intent text,
    priority text,
    category_code text,
    do_not_perform boolean,
    code_system text,
    code text,
    codings jsonb,
    not_done_value_set text,
    medication_id text,
    reason_system text,
    reason_code text,
    reason_codings jsonb,
    authored_at timestamptz,
    day_only boolean,
    is_reported boolean,
    encounter_id text,
    requester_id text,
    orders jsonb
);

comment on table core.medication_request is 'A prescription (FHIR MedicationRequest).';
comment on column core.medication_request.status is 'FHIR medicationrequest-status: active, on-hold, cancelled, completed, entered-in-error, stopped, draft.';
comment on column core.medication_request.intent is 'FHIR request-intent: proposal, plan, order, original-order, filler-order and so on.';
comment on column core.medication_request.priority is 'FHIR request-priority: routine, urgent, asap, stat.';
comment on column core.medication_request.category_code is 'What kind of order it is. Null: not said.';
comment on column core.medication_request.do_not_perform is 'Whether it is an order not to do it.';
comment on column core.medication_request.code_system is 'Code system of code.';
comment on column core.medication_request.code is 'The medication: of several codings the first, as a rule RxNorm.';
comment on column core.medication_request.codings is 'All codings of code, each with system and code, if it has several.';
comment on column core.medication_request.not_done_value_set is 'The value set of which nothing is to be taken (QI-Core, notDoneValueSet), by its address.';
comment on column core.medication_request.medication_id is 'The medication, by its id in the source, where the record names it so alone.';
comment on column core.medication_request.reason_system is 'Code system of reason_code.';
comment on column core.medication_request.reason_code is 'Why it is prescribed, was stopped, or is not to be taken.';
comment on column core.medication_request.reason_codings is 'All codings of the reason, each with system and code, if it has several.';
comment on column core.medication_request.authored_at is 'When it was written.';
comment on column core.medication_request.day_only is 'Whether the source says only the day of authored_at.';
comment on column core.medication_request.is_reported is 'Whether somebody told of it who did not prescribe it. Null: not said.';
comment on column core.medication_request.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.medication_request.requester_id is 'Who ordered it, by the id in the source.';
comment on column core.medication_request.orders is 'The orders that it answers, by their ids in the source.';

call core.add_record('medication_request');
