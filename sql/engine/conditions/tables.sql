-- makes: e_moment, e_answer, e_proof, e_skip, e_clock, e_due, e_late, e_met, e_in_time, e_end, e_due_day,
--     e_total, e_pause

-- What a night finds out about its cases, level by level. A moment without a row is not there (16). Of a truth,
-- at_least and at_most are 0 for no, 1 for not yet, 2 for yes: unknown is from 0 to 2. Null is left out: a condition
-- about other cases in the first pass (29).

create temp table e_moment (
    case_no bigint,
    moment_id int,
    first_at timestamptz,
    last_at timestamptz,
    base_first timestamptz,
    by_number int,
    by_unit text,
    primary key (case_no, moment_id)
) on commit drop;

create temp table e_answer (
    case_no bigint,
    condition_id int,
    at_least smallint,
    at_most smallint,
    by bigint[],
    last_position double precision,
    at_first timestamptz,
    at_last timestamptz,
    primary key (case_no, condition_id)
) on commit drop;

create temp table e_proof (
    case_no bigint,
    stage_no int,
    at_least smallint,
    at_most smallint,
    by bigint[],
    at_first timestamptz,
    at_last timestamptz,
    primary key (case_no, stage_no)
) on commit drop;

create temp table e_skip (
    case_no bigint,
    stage_no int,
    at_least smallint,
    at_most smallint,
    primary key (case_no, stage_no)
) on commit drop;

create temp table e_clock (
    case_no bigint,
    stage_no int,
    first_at timestamptz,
    last_at timestamptz,
    in_hours boolean,
    is_unsure boolean,
    primary key (case_no, stage_no)
) on commit drop;

create temp table e_due (
    case_no bigint,
    stage_no int,
    first_at timestamptz,
    last_at timestamptz,
    primary key (case_no, stage_no)
) on commit drop;

create temp table e_late (
    case_no bigint,
    stage_no int,
    at_least smallint,
    at_most smallint,
    primary key (case_no, stage_no)
) on commit drop;

create temp table e_met (
    case_no bigint,
    stage_no int,
    at_least smallint,
    at_most smallint,
    primary key (case_no, stage_no)
) on commit drop;

create temp table e_in_time (
    case_no bigint,
    stage_no int,
    at_least smallint,
    at_most smallint,
    primary key (case_no, stage_no)
) on commit drop;

create temp table e_end (
    case_no bigint,
    position int,
    at_least smallint,
    at_most smallint,
    primary key (case_no, position)
) on commit drop;

create temp table e_due_day (
    case_no bigint primary key,
    first_at timestamptz,
    last_at timestamptz
) on commit drop;

create temp table e_total (
    case_no bigint,
    condition_id int,
    total numeric,
    may_grow boolean,
    primary key (case_no, condition_id)
) on commit drop;

create temp table e_pause (
    case_no bigint,
    condition_id int,
    named_fact_id int,
    fact_no bigint
) on commit drop;

create index on e_pause (case_no, condition_id);
