-- makes: e_person, e_only, e_night, e_day, e_business, e_version, e_version_coding, e_version_link, e_open,
--     e_aside, e_site, e_task, e_decision, e_log_case, e_log_record, e_log_proven, e_log_fell, e_log_waiting

-- What a night knows, one table each: persons, every version of every record, feeds that are behind, rows set aside,
-- sites, work, decisions, the calendar, and what nights before have left (e_log_…).

create temp table e_person (
    person_id uuid primary key,
    born date,
    sex text
) on commit drop;

-- For whom a version is that is not for all.
create temp table e_only (
    version_id int,
    person_id uuid,
    primary key (version_id, person_id)
) on commit drop;

create temp table e_night (
    seq bigint primary key,
    now timestamptz
) on commit drop;

create temp table e_day (
    day date primary key,
    is_business boolean,
    upto int
) on commit drop;

create temp table e_business (
    number int primary key,
    day date
) on commit drop;

-- Of each time either the instant or, if the source says no more, the day is filled.
create temp table e_version (
    version_no bigint primary key,
    person_id uuid,
    kind text,
    source text collate "C",
    reference text collate "C",
    version text collate "C",
    status text,
    value numeric,
    unit text,
    detail jsonb,
    is_unclear boolean,
    is_lasting boolean,
    occurred_at timestamptz,
    occurred_on date,
    starts_at timestamptz,
    starts_on date,
    ends_at timestamptz,
    ends_on date,
    issued_at timestamptz,
    issued_on date,
    collected_at timestamptz,
    collected_on date,
    value_at timestamptz,
    value_on date,
    known_seq bigint,
    known_at timestamptz,
    retracted_seq bigint
) on commit drop;

create index on e_version (person_id, reference);

create temp table e_version_coding (
    version_no bigint,
    system text,
    code text
) on commit drop;

create temp table e_version_link (
    version_no bigint,
    slot text,
    namespace text collate "C",
    id text collate "C",
    link_key text
) on commit drop;

create temp table e_open (
    person_id uuid,
    kind text,
    complete_at timestamptz
) on commit drop;

create temp table e_aside (
    person_id uuid,
    aside_no bigint,
    kind text
) on commit drop;

create temp table e_site (
    slot text,
    id text,
    zone text
) on commit drop;

create temp table e_task (
    person_id uuid,
    version_id int,
    stage text,
    kind text,
    begun_at timestamptz,
    ended_at timestamptz,
    trigger_key text collate "C"
) on commit drop;

create temp table e_decision (
    decision_no bigint,
    person_id uuid,
    version_id int,
    act text,
    known_seq bigint,
    known_at timestamptz,
    stage text,
    reason text,
    until_on date,
    trigger_key text collate "C"
) on commit drop;

create temp table e_log_case (
    log_no bigint primary key,
    person_id uuid,
    version_id int,
    case_key text collate "C",
    opened_seq bigint,
    opened_at timestamptz,
    period text,
    period_first date,
    period_last date,
    is_completed boolean,
    billed text
) on commit drop;

create temp table e_log_record (
    log_no bigint,
    source text collate "C",
    reference text collate "C"
) on commit drop;

create temp table e_log_proven (
    log_no bigint,
    stage_no int,
    by_references text[]
) on commit drop;

create temp table e_log_fell (
    log_no bigint,
    stage_no int,
    fell_at timestamptz
) on commit drop;

create temp table e_log_waiting (
    person_id uuid,
    version_id int,
    trigger_key text collate "C",
    since_at timestamptz
) on commit drop;
