-- makes: r_stage, r_due, r_pause, r_otherwise, r_escalation, r_end, r_block, r_bill, r_excluded, r_own_code,
--     r_exception, r_season

-- The rules of a night, further: stages and their clocks, ends, blocks, what is billed, and the calendar's seasons.

create temp table r_stage (
    version_id int,
    stage_no int,
    stage text,
    standard text,
    is_trigger boolean,
    proof_id int,
    met_by_id int,
    skips_when_id int,
    has_due boolean,
    has_pauses boolean,
    is_claim boolean,
    task_kind text,
    attempts int,
    every_number int,
    every_unit text,
    from_id int,
    by_id int,
    proof_level int,
    skip_level int,
    clock_level int,
    late_level int,
    time_level int
) on commit drop;

create temp table r_due (
    version_id int,
    stage_no int,
    position int,
    when_id int,
    moment_id int
) on commit drop;

create temp table r_pause (
    version_id int,
    stage_no int,
    condition_id int
) on commit drop;

create temp table r_otherwise (
    version_id int,
    stage_no int,
    position int,
    when_id int,
    exception text,
    closes text,
    wait_id int
) on commit drop;

create temp table r_escalation (
    version_id int,
    stage_no int,
    position int,
    number int,
    unit text,
    told text
) on commit drop;

create temp table r_end (
    version_id int,
    position int,
    reason text,
    when_id int,
    until_stage int,
    status text,
    bars text,
    level int
) on commit drop;

create temp table r_block (
    version_id int,
    position int,
    when_id int,
    tasks text[],
    exception text,
    wait_id int
) on commit drop;

create temp table r_bill (
    version_id int,
    line int,
    position int,
    code text,
    is_named boolean,
    when_id int,
    add_code text,
    add_each numeric,
    add_above numeric,
    add_at_most int,
    sum_id int
) on commit drop;

create temp table r_excluded (
    version_id int,
    line int,
    position int,
    condition_id int,
    from_day date,
    to_day date
) on commit drop;

create temp table r_own_code (
    version_id int,
    code text
) on commit drop;

create temp table r_exception (
    reason text,
    number int,
    unit text
) on commit drop;

create temp table r_season (
    name text,
    first_day date,
    last_day date
) on commit drop;
