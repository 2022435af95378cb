-- depends: 0003.landing-and-quality

-- Typed records by FHIR name. Every version that became known is kept: it stands from known_seq
-- until retracted_seq. subject is the patient as the source names them.

create table core.patient (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    mrn text,
    identifiers jsonb not null default '[]',
    family text,
    given text,
    birth_date date,
    sex text,
    phone text,
    postal_code text,
    state text,
    address_line text,
    city text,
    is_active boolean not null default true,
    deceased_at timestamptz,
    is_deceased boolean not null default false,
    replaced_by text,
    general_practitioner_id text,
    language text,
    interpreter_required boolean,
    preferred_contact text,
    confidential_address boolean,
    primary key (source, source_id, source_version, known_seq)
);
create index patient_known on core.patient (known_seq);
create index patient_retracted on core.patient (retracted_seq) where retracted_seq is not null;
create unique index patient_standing on core.patient (source, source_id) where retracted_seq is null;
create index patient_subject on core.patient (subject_source, subject_id);
create index patient_mrn on core.patient (mrn);

create table core.coverage (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    type_code text,
    payer_id text,
    payer_name text,
    member_id text,
    starts_on date,
    ends_on date,
    coverage_order int,
    relationship text,
    is_qmb boolean,
    primary key (source, source_id, source_version, known_seq)
);
create index coverage_known on core.coverage (known_seq);
create index coverage_retracted on core.coverage (retracted_seq) where retracted_seq is not null;
create unique index coverage_standing on core.coverage (source, source_id) where retracted_seq is null;
create index coverage_subject on core.coverage (subject_source, subject_id);
create index coverage_member_id on core.coverage (member_id);

create table core.consent (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    category_code text,
    provision text,
    starts_at timestamptz,
    ends_at timestamptz,
    recorded_at timestamptz,
    primary key (source, source_id, source_version, known_seq)
);
create index consent_known on core.consent (known_seq);
create index consent_retracted on core.consent (retracted_seq) where retracted_seq is not null;
create unique index consent_standing on core.consent (source, source_id) where retracted_seq is null;
create index consent_subject on core.consent (subject_source, subject_id);

create table core.encounter (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    class_code text,
    type_system text,
    type_code text,
    starts_at timestamptz,
    ends_at timestamptz,
    discharge_disposition_system text,
    discharge_disposition_code text,
    admit_source_code text,
    practitioner_id text,
    service_provider_id text,
    location_id text,
    appointment_id text,
    visit_number text,
    reason_code text,
    primary key (source, source_id, source_version, known_seq)
);
create index encounter_known on core.encounter (known_seq);
create index encounter_retracted on core.encounter (retracted_seq) where retracted_seq is not null;
create unique index encounter_standing on core.encounter (source, source_id) where retracted_seq is null;
create index encounter_subject on core.encounter (subject_source, subject_id);

create table core.condition (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    clinical_status text,
    verification_status text,
    category_code text,
    code_system text,
    code text,
    onset_at timestamptz,
    abated_at timestamptz,
    recorded_at timestamptz,
    encounter_id text,
    primary key (source, source_id, source_version, known_seq)
);
create index condition_known on core.condition (known_seq);
create index condition_retracted on core.condition (retracted_seq) where retracted_seq is not null;
create unique index condition_standing on core.condition (source, source_id) where retracted_seq is null;
create index condition_subject on core.condition (subject_source, subject_id);
create index condition_encounter_id on core.condition (encounter_id);

create table core.procedure (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    code_system text,
    code text,
    starts_at timestamptz,
    ends_at timestamptz,
    encounter_id text,
    practitioner_id text,
    primary key (source, source_id, source_version, known_seq)
);
create index procedure_known on core.procedure (known_seq);
create index procedure_retracted on core.procedure (retracted_seq) where retracted_seq is not null;
create unique index procedure_standing on core.procedure (source, source_id) where retracted_seq is null;
create index procedure_subject on core.procedure (subject_source, subject_id);
create index procedure_encounter_id on core.procedure (encounter_id);

create table core.document_reference (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    doc_status text,
    type_system text,
    type_code text,
    encounter_id text,
    authored_at timestamptz,
    authenticated_at timestamptz,
    author_id text,
    authenticator_id text,
    primary key (source, source_id, source_version, known_seq)
);
create index document_reference_known on core.document_reference (known_seq);
create index document_reference_retracted on core.document_reference (retracted_seq) where retracted_seq is not null;
create unique index document_reference_standing on core.document_reference (source, source_id) where retracted_seq is null;
create index document_reference_subject on core.document_reference (subject_source, subject_id);
create index document_reference_encounter_id on core.document_reference (encounter_id);

create table core.communication (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    outcome_code text,
    category_code text,
    medium_code text,
    sent_at timestamptz,
    received_at timestamptz,
    sender_id text,
    based_on jsonb not null default '[]',
    part_of jsonb not null default '[]',
    about jsonb not null default '[]',
    primary key (source, source_id, source_version, known_seq)
);
create index communication_known on core.communication (known_seq);
create index communication_retracted on core.communication (retracted_seq) where retracted_seq is not null;
create unique index communication_standing on core.communication (source, source_id) where retracted_seq is null;
create index communication_subject on core.communication (subject_source, subject_id);

create table core.task (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    business_status text,
    code text,
    based_on jsonb not null default '[]',
    focus text,
    owner_id text,
    our_identifier text,
    authored_at timestamptz,
    last_modified_at timestamptz,
    primary key (source, source_id, source_version, known_seq)
);
create index task_known on core.task (known_seq);
create index task_retracted on core.task (retracted_seq) where retracted_seq is not null;
create unique index task_standing on core.task (source, source_id) where retracted_seq is null;
create index task_subject on core.task (subject_source, subject_id);
create index task_our_identifier on core.task (our_identifier);

create table core.charge_item (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    encounter_id text,
    code_system text,
    code text,
    modifiers text[] not null default '{}',
    quantity numeric,
    unit_price numeric(14, 2),
    amount numeric(14, 2),
    diagnoses text[] not null default '{}',
    performer_id text,
    mdm_level text,
    occurred_at timestamptz,
    entered_at timestamptz,
    is_self_pay_restricted boolean,
    no_charge_reason text,
    global_period boolean,
    primary key (source, source_id, source_version, known_seq)
);
create index charge_item_known on core.charge_item (known_seq);
create index charge_item_retracted on core.charge_item (retracted_seq) where retracted_seq is not null;
create unique index charge_item_standing on core.charge_item (source, source_id) where retracted_seq is null;
create index charge_item_subject on core.charge_item (subject_source, subject_id);
create index charge_item_encounter_id on core.charge_item (encounter_id);

create table core.practitioner (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    npi text,
    family text,
    given text,
    is_active boolean,
    qualification_code text,
    taxonomy_code text,
    is_billable boolean,
    primary key (source, source_id, source_version, known_seq)
);
create index practitioner_known on core.practitioner (known_seq);
create index practitioner_retracted on core.practitioner (retracted_seq) where retracted_seq is not null;
create unique index practitioner_standing on core.practitioner (source, source_id) where retracted_seq is null;
create index practitioner_npi on core.practitioner (npi);

create table core.organization (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    npi text,
    tax_id text,
    name text,
    type_code text,
    address_line text,
    city text,
    state text,
    postal_code text,
    phone text,
    taxonomy_code text,
    is_active boolean,
    primary key (source, source_id, source_version, known_seq)
);
create index organization_known on core.organization (known_seq);
create index organization_retracted on core.organization (retracted_seq) where retracted_seq is not null;
create unique index organization_standing on core.organization (source, source_id) where retracted_seq is null;
create index organization_npi on core.organization (npi);

create table core.location (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    name text,
    organization_id text,
    place_of_service text,
    npi text,
    status text,
    primary key (source, source_id, source_version, known_seq)
);
create index location_known on core.location (known_seq);
create index location_retracted on core.location (retracted_seq) where retracted_seq is not null;
create unique index location_standing on core.location (source, source_id) where retracted_seq is null;
create index location_npi on core.location (npi);

create table core.appointment (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    status text,
    trigger_event text,
    placer_id text,
    filler_id text,
    visit_type_code text,
    starts_at timestamptz,
    ends_at timestamptz,
    practitioner_id text,
    practitioner_npi text,
    location_id text,
    visit_number text,
    recorded_at timestamptz,
    cancel_reason_code text,
    cancelled_by text,
    mrn text,
    identifiers jsonb not null default '[]',
    family text,
    given text,
    birth_date date,
    sex text,
    phone text,
    postal_code text,
    primary key (source, source_id, source_version, known_seq)
);
create index appointment_known on core.appointment (known_seq);
create index appointment_retracted on core.appointment (retracted_seq) where retracted_seq is not null;
create unique index appointment_standing on core.appointment (source, source_id) where retracted_seq is null;
create index appointment_subject on core.appointment (subject_source, subject_id);
create index appointment_mrn on core.appointment (mrn);
create index appointment_placer_id on core.appointment (placer_id);

create table core.claim (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    patient_control_number text,
    kind text,
    use text,
    status text,
    submitter_id text,
    receiver_id text,
    frequency_code text,
    original_payer_claim_number text,
    total_charge numeric(14, 2),
    billing_npi text,
    billing_tax_id text,
    rendering_npi text,
    place_of_service text,
    filing_code text,
    payer_id text,
    payer_name text,
    member_id text,
    service_from date,
    service_to date,
    diagnoses text[] not null default '{}',
    encounter_id text,
    medical_record_number text,
    family text,
    given text,
    birth_date date,
    sex text,
    created_at timestamptz,
    interchange_control_number text,
    group_control_number text,
    transaction_control_number text,
    primary key (source, source_id, source_version, known_seq)
);
create index claim_known on core.claim (known_seq);
create index claim_retracted on core.claim (retracted_seq) where retracted_seq is not null;
create unique index claim_standing on core.claim (source, source_id) where retracted_seq is null;
create index claim_subject on core.claim (subject_source, subject_id);
create index claim_encounter_id on core.claim (encounter_id);
create index claim_patient_control_number on core.claim (patient_control_number);
create index claim_member_id on core.claim (member_id);

create table core.claim_line (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    claim_source_id text not null,
    patient_control_number text,
    line_no int not null,
    code text,
    modifiers text[] not null default '{}',
    charge numeric(14, 2),
    units numeric,
    service_from date,
    service_to date,
    diagnosis_pointers text,
    line_control_number text,
    rendering_npi text,
    place_of_service text,
    primary key (source, source_id, source_version, known_seq)
);
create index claim_line_known on core.claim_line (known_seq);
create index claim_line_retracted on core.claim_line (retracted_seq) where retracted_seq is not null;
create unique index claim_line_standing on core.claim_line (source, source_id) where retracted_seq is null;
create index claim_line_subject on core.claim_line (subject_source, subject_id);
create index claim_line_patient_control_number on core.claim_line (patient_control_number);
create index claim_line_claim_source_id on core.claim_line (claim_source_id);

create table core.claim_response (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    patient_control_number text,
    payer_claim_number text,
    category_code text,
    status_code text,
    entity_code text,
    is_from_payer boolean,
    effective_on date,
    total_charge numeric(14, 2),
    sender_id text,
    member_id text,
    service_from date,
    batch_reference text,
    primary key (source, source_id, source_version, known_seq)
);
create index claim_response_known on core.claim_response (known_seq);
create index claim_response_retracted on core.claim_response (retracted_seq) where retracted_seq is not null;
create unique index claim_response_standing on core.claim_response (source, source_id) where retracted_seq is null;
create index claim_response_subject on core.claim_response (subject_source, subject_id);
create index claim_response_patient_control_number on core.claim_response (patient_control_number);
create index claim_response_member_id on core.claim_response (member_id);

create table core.functional_acknowledgement (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    group_control_number text,
    transaction_control_number text,
    functional_id text,
    transaction_set text,
    status_code text,
    error_codes text[] not null default '{}',
    group_status_code text,
    sender_id text,
    primary key (source, source_id, source_version, known_seq)
);
create index functional_acknowledgement_known on core.functional_acknowledgement (known_seq);
create index functional_acknowledgement_retracted on core.functional_acknowledgement (retracted_seq) where retracted_seq is not null;
create unique index functional_acknowledgement_standing on core.functional_acknowledgement (source, source_id) where retracted_seq is null;

create table core.eligibility_response (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    trace_number text,
    payer_id text,
    member_id text,
    as_of_date date,
    is_active boolean,
    part_b_from date,
    part_b_to date,
    is_advantage boolean,
    advantage_payer_name text, next_g0402_on date, next_g0438_on date, next_g0439_on date,
    is_hospice boolean,
    is_qmb boolean,
    reject_code text,
    family text,
    given text,
    birth_date date,
    sex text,
    primary key (source, source_id, source_version, known_seq)
);
create index eligibility_response_known on core.eligibility_response (known_seq);
create index eligibility_response_retracted on core.eligibility_response (retracted_seq) where retracted_seq is not null;
create unique index eligibility_response_standing on core.eligibility_response (source, source_id) where retracted_seq is null;
create index eligibility_response_subject on core.eligibility_response (subject_source, subject_id);
create index eligibility_response_member_id on core.eligibility_response (member_id);

create table core.payment (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    patient_control_number text,
    payer_claim_number text,
    status_code text,
    is_reversal boolean not null default false,
    filing_code text,
    payer_id text,
    payer_name text,
    member_id text,
    family text,
    given text,
    birth_date date,
    sex text,
    total_charge numeric(14, 2),
    paid_amount numeric(14, 2),
    patient_responsibility numeric(14, 2),
    contractual_amount numeric(14, 2),
    denied_amount numeric(14, 2),
    other_adjustment numeric(14, 2),
    adjustments jsonb not null default '[]',
    remark_codes text[] not null default '{}',
    check_number text,
    payment_method text,
    paid_on date,
    produced_on date,
    service_from date,
    crossover_payer text,
    primary key (source, source_id, source_version, known_seq)
);
create index payment_known on core.payment (known_seq);
create index payment_retracted on core.payment (retracted_seq) where retracted_seq is not null;
create unique index payment_standing on core.payment (source, source_id) where retracted_seq is null;
create index payment_subject on core.payment (subject_source, subject_id);
create index payment_patient_control_number on core.payment (patient_control_number);
create index payment_member_id on core.payment (member_id);

create table core.payment_line (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    payment_source_id text not null,
    patient_control_number text,
    line_no int not null,
    line_control_number text,
    code text,
    modifiers text[] not null default '{}',
    charge numeric(14, 2),
    paid_amount numeric(14, 2),
    units numeric,
    patient_responsibility numeric(14, 2),
    contractual_amount numeric(14, 2),
    denied_amount numeric(14, 2),
    other_adjustment numeric(14, 2),
    adjustments jsonb not null default '[]',
    remark_codes text[] not null default '{}',
    service_from date,
    is_reversal boolean not null default false,
    primary key (source, source_id, source_version, known_seq)
);
create index payment_line_known on core.payment_line (known_seq);
create index payment_line_retracted on core.payment_line (retracted_seq) where retracted_seq is not null;
create unique index payment_line_standing on core.payment_line (source, source_id) where retracted_seq is null;
create index payment_line_subject on core.payment_line (subject_source, subject_id);
create index payment_line_patient_control_number on core.payment_line (patient_control_number);
create index payment_line_payment_source_id on core.payment_line (payment_source_id);

create table core.provider_adjustment (
    source text not null,
    source_id text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    batch_id uuid not null,
    file_id uuid,
    row_no bigint not null,
    known_seq bigint not null,
    retracted_seq bigint,
    is_deleted boolean not null default false,
    content_hash text not null,
    provider_npi text,
    fiscal_period_end date,
    reason_code text,
    reference text,
    amount numeric(14, 2),
    check_number text,
    payer_id text,
    primary key (source, source_id, source_version, known_seq)
);
create index provider_adjustment_known on core.provider_adjustment (known_seq);
create index provider_adjustment_retracted on core.provider_adjustment (retracted_seq) where retracted_seq is not null;
create unique index provider_adjustment_standing on core.provider_adjustment (source, source_id) where retracted_seq is null;

-- Staging: one table per typed record, the same columns, written by COPY, emptied per batch.
-- Unlogged: what is lost in a crash is read again from the landed bytes.

create unlogged table staging.patient (like core.patient including defaults);
alter table staging.patient drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_patient_batch on staging.patient (batch_id);
create unlogged table staging.coverage (like core.coverage including defaults);
alter table staging.coverage drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_coverage_batch on staging.coverage (batch_id);
create unlogged table staging.consent (like core.consent including defaults);
alter table staging.consent drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_consent_batch on staging.consent (batch_id);
create unlogged table staging.encounter (like core.encounter including defaults);
alter table staging.encounter drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_encounter_batch on staging.encounter (batch_id);
create unlogged table staging.condition (like core.condition including defaults);
alter table staging.condition drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_condition_batch on staging.condition (batch_id);
create unlogged table staging.procedure (like core.procedure including defaults);
alter table staging.procedure drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_procedure_batch on staging.procedure (batch_id);
create unlogged table staging.document_reference (like core.document_reference including defaults);
alter table staging.document_reference drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_document_reference_batch on staging.document_reference (batch_id);
create unlogged table staging.communication (like core.communication including defaults);
alter table staging.communication drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_communication_batch on staging.communication (batch_id);
create unlogged table staging.task (like core.task including defaults);
alter table staging.task drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_task_batch on staging.task (batch_id);
create unlogged table staging.charge_item (like core.charge_item including defaults);
alter table staging.charge_item drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_charge_item_batch on staging.charge_item (batch_id);
create unlogged table staging.practitioner (like core.practitioner including defaults);
alter table staging.practitioner drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_practitioner_batch on staging.practitioner (batch_id);
create unlogged table staging.organization (like core.organization including defaults);
alter table staging.organization drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_organization_batch on staging.organization (batch_id);
create unlogged table staging.location (like core.location including defaults);
alter table staging.location drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_location_batch on staging.location (batch_id);
create unlogged table staging.appointment (like core.appointment including defaults);
alter table staging.appointment drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_appointment_batch on staging.appointment (batch_id);
create unlogged table staging.claim (like core.claim including defaults);
alter table staging.claim drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_claim_batch on staging.claim (batch_id);
create unlogged table staging.claim_line (like core.claim_line including defaults);
alter table staging.claim_line drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_claim_line_batch on staging.claim_line (batch_id);
create unlogged table staging.claim_response (like core.claim_response including defaults);
alter table staging.claim_response drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_claim_response_batch on staging.claim_response (batch_id);
create unlogged table staging.functional_acknowledgement (like core.functional_acknowledgement including defaults);
alter table staging.functional_acknowledgement drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_functional_acknowledgement_batch on staging.functional_acknowledgement (batch_id);
create unlogged table staging.eligibility_response (like core.eligibility_response including defaults);
alter table staging.eligibility_response drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_eligibility_response_batch on staging.eligibility_response (batch_id);
create unlogged table staging.payment (like core.payment including defaults);
alter table staging.payment drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_payment_batch on staging.payment (batch_id);
create unlogged table staging.payment_line (like core.payment_line including defaults);
alter table staging.payment_line drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_payment_line_batch on staging.payment_line (batch_id);
create unlogged table staging.provider_adjustment (like core.provider_adjustment including defaults);
alter table staging.provider_adjustment drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_provider_adjustment_batch on staging.provider_adjustment (batch_id);
