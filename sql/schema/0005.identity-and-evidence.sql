-- depends: 0004.core

create table identity.person (
    person_id uuid primary key,
    -- the source record that made this person known
    source text not null,
    source_id text not null,
    known_seq bigint not null,
    unique (source, source_id)
);

create table identity.link (
    source text not null,
    source_id text not null,
    person_id uuid not null references identity.person (person_id),
    method text not null,
    score numeric not null,
    status text not null check (status in ('active', 'doubt', 'retired')),
    known_seq bigint not null,
    retired_seq bigint,
    decision_id uuid,
    primary key (source, source_id, person_id, status, known_seq)
);

-- One active link per source record (as of now); a doubt stands beside it or instead of it.
create unique index link_active on identity.link (source, source_id)
where retired_seq is null and status = 'active';
create index link_person on identity.link (person_id);
create index link_known on identity.link (known_seq);
create index link_retired on identity.link (retired_seq) where retired_seq is not null;

-- The identifiers that join source records: who carries (system, value), known from when until when.
create table identity.identifier (
    system text not null,
    value text not null,
    source text not null,
    source_id text not null,
    known_seq bigint not null,
    retired_seq bigint,
    primary key (system, value, source, source_id, known_seq)
);

create index identifier_record on identity.identifier (source, source_id);

create table evidence.fact (
    fact_id uuid not null,
    subject_source text not null,
    subject_id text not null,
    kind text not null,
    code_system text,
    code text,
    amount numeric(14, 2),
    -- when it happened, in the source's words; for a period its start and end beside it
    occurred_at timestamptz not null,
    starts_at timestamptz,
    ends_at timestamptz,
    known_seq bigint not null,
    retracted_seq bigint,
    source text not null,
    source_ref text not null,
    source_version text not null,
    batch_id uuid not null,
    identifiers jsonb not null default '{}'::jsonb,
    detail jsonb not null default '{}'::jsonb,
    reverses uuid,
    supersedes uuid,
    primary key (fact_id),
    unique (source, source_ref, kind, source_version)
);

create index fact_subject on evidence.fact (subject_source, subject_id);
create index fact_known on evidence.fact (known_seq);
create index fact_retracted on evidence.fact (retracted_seq) where retracted_seq is not null;
create index fact_reference on evidence.fact (source, source_ref);
create index fact_encounter on evidence.fact ((identifiers ->> 'encounter'))
where identifiers ? 'encounter';
create index fact_claim on evidence.fact ((identifiers ->> 'patient_control_number'))
where identifiers ? 'patient_control_number';
