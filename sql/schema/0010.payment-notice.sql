-- depends: 0009.loaded-seq

-- What the practice was told about the patient's share: a payment by the patient, or a write-off by
-- a named person (FHIR PaymentNotice). Several may come for one claim; their sum counts.
create table core.payment_notice (
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
    patient_control_number text,
    -- as the source says: paid, written-off
    payment_status text,
    amount numeric(14, 2),
    paid_on date,
    recorded_at timestamptz,
    recorder text,
    receipt_number text,
    primary key (source, source_id, source_version, known_seq)
);
create index payment_notice_known on core.payment_notice (known_seq);
create index payment_notice_retracted on core.payment_notice (retracted_seq) where retracted_seq is not null;
create unique index payment_notice_standing on core.payment_notice (source, source_id) where retracted_seq is null;
create index payment_notice_subject on core.payment_notice (subject_source, subject_id);
create index payment_notice_patient_control_number on core.payment_notice (patient_control_number);

create unlogged table staging.payment_notice (like core.payment_notice including defaults);
alter table staging.payment_notice drop column known_seq, drop column retracted_seq, drop column content_hash;
create index staging_payment_notice_batch on staging.payment_notice (batch_id);

-- A file that lies unchanged at its source (name, size and time) is not fetched again every night.
alter table landing.file add column modified_at timestamptz;

create index file_listing on landing.file (source, original_name, bytes, modified_at);
