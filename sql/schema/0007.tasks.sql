-- depends: 0006.cases

create table tasks.task (
    task_id uuid primary key,
    case_id uuid not null,
    person_id uuid not null,
    workflow text not null,
    stage text not null,
    kind text not null check (
        kind in ('outreach', 'scheduling', 'eligibility', 'documentation', 'billing', 'review')
    ),
    -- the how-manieth task of this stage of this case
    attempt int not null,
    status text not null check (
        status in (
            'draft', 'requested', 'received', 'accepted', 'rejected', 'ready', 'cancelled',
            'in-progress', 'on-hold', 'failed', 'completed', 'entered-in-error'
        )
    ),
    status_reason text,
    owner_team text not null,
    owner text,
    priority text not null default 'routine'
        check (priority in ('routine', 'urgent', 'asap', 'stat')),
    planned_seq bigint not null,
    planned_at timestamptz not null,
    due_at timestamptz not null,
    -- the night whose evidence or decision ended it; null while it is open
    closed_seq bigint,
    closed_fact_id uuid,
    effect_key text,
    detail jsonb not null default '{}'::jsonb,
    unique (case_id, stage, kind, attempt)
);

create index task_open on tasks.task (case_id) where closed_seq is null;
create index task_case on tasks.task (case_id);
create index task_planned on tasks.task (planned_seq);
create index task_closed on tasks.task (closed_seq);
create index task_person on tasks.task (person_id);
create index task_effect on tasks.task (effect_key);

create table tasks.event (
    event_id uuid primary key,
    task_id uuid not null references tasks.task (task_id) on delete cascade,
    kind text not null,
    from_status text,
    to_status text,
    occurred_at timestamptz not null,
    known_seq bigint not null,
    fact_id uuid,
    detail jsonb not null default '{}'::jsonb
);

create index task_event_task on tasks.event (task_id);
create index task_event_known on tasks.event (known_seq);

-- One thing sent to the outside, or about to be. The effect has the key, not the task.
create table tasks.transmission (
    transmission_id uuid primary key,
    effect_key text not null,
    kind text not null check (
        kind in ('outreach', 'booking', 'eligibility', 'documentation', 'work_item', 'claim_batch')
    ),
    target text not null,
    person_id uuid,
    attempt int not null,
    payload bytea not null,
    payload_sha256 text not null,
    control_numbers jsonb not null default '{}'::jsonb,
    planned_seq bigint not null,
    intended_at timestamptz not null,
    sent_at timestamptz,
    outcome text not null default 'intended'
        check (outcome in ('intended', 'accepted', 'rejected', 'uncertain', 'withheld')),
    outcome_at timestamptz,
    -- the night that recorded the outcome
    outcome_seq bigint,
    outcome_reason text,
    external_ref text,
    lookup_deadline timestamptz,
    decision_id uuid,
    unique (effect_key, attempt)
);

-- At most one standing effect per key: only a certain failure makes room for another attempt.
create unique index transmission_standing on tasks.transmission (effect_key)
where outcome in ('intended', 'accepted', 'uncertain');
create index transmission_open on tasks.transmission (outcome) where outcome in ('intended', 'uncertain');
create index transmission_planned on tasks.transmission (planned_seq);
create index transmission_outcome on tasks.transmission (outcome_seq);
create index transmission_person on tasks.transmission (person_id);

create table tasks.transmission_task (
    transmission_id uuid not null references tasks.transmission (transmission_id) on delete cascade,
    task_id uuid not null references tasks.task (task_id) on delete cascade,
    primary key (transmission_id, task_id)
);

create index transmission_task_task on tasks.transmission_task (task_id);

-- A claim that Throughline itself would submit. The patient control number is ours: at most
-- 20 characters (CLM01). One per visit (effect key), in one batch that a named person releases.
create table tasks.claim (
    patient_control_number text primary key check (length(patient_control_number) <= 20),
    effect_key text not null,
    frequency_code text not null default '1',
    person_id uuid not null,
    encounter_source text not null,
    encounter_id text not null,
    task_id uuid not null references tasks.task (task_id),
    payer_id text not null,
    billing_npi text not null,
    total_charge numeric(14, 2) not null,
    content jsonb not null,
    batch_id uuid,
    planned_seq bigint not null,
    status text not null check (status in ('prepared', 'batched', 'released', 'refused', 'withdrawn', 'sent')),
    unique (effect_key, frequency_code)
);

create index claim_task on tasks.claim (task_id);
create index claim_in_batch on tasks.claim (batch_id);

create table tasks.claim_batch (
    batch_id uuid primary key,
    payer_id text not null,
    billing_npi text not null,
    planned_seq bigint not null,
    claim_count int not null,
    total_charge numeric(14, 2) not null,
    payload bytea not null,
    payload_sha256 text not null,
    interchange_control_number text not null unique,
    status text not null check (status in ('waiting', 'released', 'refused', 'sent')),
    decision_id uuid,
    created_at timestamptz not null default clock_timestamp()
);

-- Control numbers for X12 interchanges are handed out once, whatever happens to the file.
create sequence tasks.interchange_control_number maxvalue 999999999;
grant usage on sequence tasks.interchange_control_number to throughline_loop;
