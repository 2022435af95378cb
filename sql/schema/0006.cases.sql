-- depends: 0005.identity-and-evidence

create table cases.workflow_version (
    workflow text not null,
    version int not null,
    status text not null check (status in ('draft', 'shadow', 'active', 'retired')),
    definition jsonb not null,
    sha256 text not null,
    activated_seq bigint,
    retired_seq bigint,
    registered_at timestamptz not null default clock_timestamp(),
    primary key (workflow, version)
);

create table cases.case_record (
    case_id uuid primary key,
    workflow text not null,
    version int not null,
    person_id uuid not null,
    trigger_ref text not null,
    trigger_fact_id uuid,
    -- local date of the trigger in the practice's time zone: the day the clocks count from
    trigger_on date not null,
    opened_seq bigint not null,
    stage text not null,
    stage_state text not null check (
        stage_state in ('pending', 'unknown', 'missed', 'blocked', 'complete')
    ),
    status text not null check (status in ('open', 'completed', 'closed', 'excluded')),
    close_reason text,
    closed_seq bigint,
    -- the one next step: a task, an exception or a dated wait
    next_step text check (next_step in ('task', 'exception', 'wait')),
    next_step_ref text,
    next_due_at timestamptz,
    -- the next moment at which a clock may change this case although nothing new arrives
    recheck_at timestamptz,
    waits_on_feeds text[] not null default '{}',
    owner_team text not null,
    -- what the engine asks for, before task and exception rows exist for it
    wanted text,
    wanted_detail jsonb not null default '{}'::jsonb,
    -- the visit and the claim that serve this case, and what they are expected to bring
    encounter_ref text,
    patient_control_number text,
    expected_amount numeric(14, 2),
    expected_code text,
    derived_seq bigint not null,
    foreign key (workflow, version) references cases.workflow_version (workflow, version),
    unique (person_id, workflow, trigger_ref),
    check (status = 'open' or next_step is null)
);

create index case_person on cases.case_record (person_id);
create index case_recheck on cases.case_record (recheck_at) where status = 'open';
create index case_stage on cases.case_record (workflow, stage) where status = 'open';
create index case_waits on cases.case_record using gin (waits_on_feeds) where status = 'open';
create index case_opened on cases.case_record (opened_seq);
create index case_derived on cases.case_record (derived_seq);

-- One row per stage of a case: how it stands, proven by which fact.
create table cases.stage (
    case_id uuid not null references cases.case_record (case_id) on delete cascade,
    stage text not null,
    position int not null,
    state text not null check (
        state in ('complete', 'pending', 'unknown', 'missed', 'waived', 'failed', 'not_reached')
    ),
    fact_id uuid,
    proven_at timestamptz,
    due_at timestamptz,
    reason text,
    detail jsonb not null default '{}'::jsonb,
    derived_seq bigint not null,
    primary key (case_id, stage)
);

create index stage_fact on cases.stage (fact_id) where fact_id is not null;

create table cases.event (
    event_id uuid primary key,
    case_id uuid not null,
    kind text not null,
    stage text,
    from_state text,
    to_state text,
    occurred_at timestamptz not null,
    known_seq bigint not null,
    fact_id uuid,
    task_id uuid,
    decision_id uuid,
    detail jsonb not null default '{}'::jsonb
);

create index event_case on cases.event (case_id, known_seq);
create index event_known on cases.event (known_seq);

-- When a person has no case yet but time alone may open one: look again on this day.
create table cases.watch (
    person_id uuid not null,
    workflow text not null,
    check_on date not null,
    derived_seq bigint not null,
    primary key (person_id, workflow)
);

create index watch_check on cases.watch (check_on);
