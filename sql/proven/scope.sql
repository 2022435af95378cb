-- reads: cases.case_record, cases.stage, evidence.fact, landing.batch, operations.exception,
--     operations.work_item, quality.quarantine, tasks.task, tasks.transmission
-- makes: scope_case, scope_task, scope_transmission, scope_batch

-- The rows that the invariants check: everything (seq is null), or what one night changed or may have
-- changed. The checks are the same either way. Temporary tables, so that a check writes nothing.
drop table if exists pg_temp.scope_case, pg_temp.scope_task, pg_temp.scope_transmission, pg_temp.scope_batch;

create temporary table scope_case as
select case_id from cases.case_record where %(seq)s::bigint is null or derived_seq = %(seq)s::bigint
union
select c.case_id
from operations.work_item as w
inner join cases.case_record as c on c.person_id = w.person_id
where w.seq = %(seq)s::bigint
union
select case_id from tasks.task where planned_seq = %(seq)s::bigint
union
select case_id from tasks.task where closed_seq = %(seq)s::bigint
union
select s.case_id
from evidence.fact as f
inner join cases.stage as s on s.fact_id = f.fact_id
where f.retracted_seq = %(seq)s::bigint
union
select case_id from operations.exception where opened_seq = %(seq)s::bigint and case_id is not null
union
select case_id from operations.exception where closed_seq = %(seq)s::bigint and case_id is not null;

create temporary table scope_task as
select task_id from tasks.task where %(seq)s::bigint is null or planned_seq = %(seq)s::bigint
union
select task_id from tasks.task where closed_seq = %(seq)s::bigint
union
select t.task_id
from tasks.task as t
inner join scope_case as s on s.case_id = t.case_id
where %(seq)s::bigint is not null;

create temporary table scope_transmission as
select transmission_id from tasks.transmission
where %(seq)s::bigint is null or planned_seq = %(seq)s::bigint
union
select transmission_id from tasks.transmission where outcome_seq = %(seq)s::bigint
union
select transmission_id from tasks.transmission where outcome in ('intended', 'uncertain');

create temporary table scope_batch as
select batch_id from landing.batch where %(seq)s::bigint is null or known_seq = %(seq)s::bigint
union
select batch_id from landing.batch where loaded_seq = %(seq)s::bigint
union
select batch_id from quality.quarantine where closed_seq = %(seq)s::bigint;

analyze scope_case, scope_task, scope_transmission, scope_batch;
