-- makes: r_version, r_trigger, r_wait, r_named_fact, r_fact_code, r_fact_detail, r_moment, r_soonest, r_same,
--     r_condition, r_part, r_latest_code

-- The rules of a night: every version of a workflow that is looked at, as rows (throughline.workflows.compiled).

create temp table r_version (
    version_id int primary key,
    workflow text,
    version int,
    activated_at timestamptz,
    is_for_all boolean,
    period text,
    period_days int,
    period_fact_id int,
    known_number int,
    known_unit text,
    once_per text,
    once_number int,
    once_unit text,
    has_wait boolean,
    due_day_level int,
    unless_id int,
    population_id int,
    has_bills boolean,
    dated_id int,
    dated_stage int,
    only_if_id int,
    has_unnamed boolean,
    charges_id int,
    bills_level int
) on commit drop;

create temp table r_trigger (
    version_id int,
    position int,
    named_fact_id int
) on commit drop;

create temp table r_wait (
    version_id int,
    position int,
    when_id int,
    moment_id int
) on commit drop;

create temp table r_named_fact (
    named_fact_id int primary key,
    said text,
    kinds text[],
    statuses text[],
    time text,
    corrects_id int,
    has_codes boolean,
    is_about_cases boolean
) on commit drop;

create temp table r_fact_code (
    named_fact_id int,
    system text,
    code text
) on commit drop;

create index on r_fact_code (code);

create temp table r_fact_detail (
    named_fact_id int,
    key text,
    how text,
    negated boolean,
    words text[],
    above numeric,
    below numeric,
    at_least numeric,
    at_most numeric,
    unit text
) on commit drop;

create index on r_fact_detail (named_fact_id);

create temp table r_moment (
    moment_id int primary key,
    version_id int,
    level int,
    anchor text,
    stage_no int,
    named_fact_id int,
    period text,
    number int,
    unit text,
    is_clock boolean
) on commit drop;

create temp table r_soonest (
    moment_id int,
    position int,
    part_id int
) on commit drop;

create temp table r_same (
    owner_id int,
    slot text,
    stage_no int,
    is_period boolean
) on commit drop;

create index on r_same (owner_id);

create temp table r_condition (
    condition_id int primary key,
    version_id int,
    stage_no int,
    decides text,
    level int,
    depth int,
    op text,
    named_fact_id int,
    from_id int,
    to_id int,
    at_id int,
    starts_at_trigger boolean,
    ends_at_trigger boolean,
    clock_stage int,
    at_least numeric,
    at_most numeric,
    counts text,
    takes_unclear boolean,
    takes_known boolean,
    is_about_cases boolean,
    of_stage int,
    is_word text,
    age_from int,
    age_to int
) on commit drop;

create temp table r_part (
    condition_id int,
    position int,
    part_id int
) on commit drop;

create index on r_part (part_id);

create index on r_part (condition_id);

create temp table r_latest_code (
    condition_id int,
    system text,
    code text
) on commit drop;
