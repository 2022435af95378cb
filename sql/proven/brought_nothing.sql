-- reads: cases.allowed_share, cases.case_record, cases.event, cases.workflow_version, evidence.fact,
--     identity.link, landing.batch, landing.file, operations.decision, operations.exception,
--     operations.prevented, quality.quarantine, tasks.answer, tasks.observed, tasks.task, tasks.transmission

-- True if the night changed nothing that the state depends on, so that it can become void.
select (
    exists (select from evidence.fact where known_seq = %(seq)s)
    or exists (select from evidence.fact where retracted_seq = %(seq)s)
    or exists (select from identity.link where known_seq = %(seq)s)
    or exists (select from identity.link where retired_seq = %(seq)s)
    or exists (select from operations.decision where known_seq = %(seq)s)
    or exists (select from landing.batch where loaded_seq = %(seq)s and rows_loaded > 0)
    or exists (select from landing.batch where known_seq = %(seq)s and status in ('stopped', 'refused'))
    or exists (select from landing.file where status = 'refused' and known_seq = %(seq)s)
    or exists (select from landing.file where closed_seq = %(seq)s)
    or exists (select from quality.quarantine where known_seq = %(seq)s)
    or exists (select from quality.quarantine where closed_seq = %(seq)s)
    or exists (select from cases.event where known_seq = %(seq)s)
    or exists (select from cases.case_record where opened_seq = %(seq)s)
    or exists (select from tasks.task where planned_seq = %(seq)s)
    or exists (select from tasks.task where closed_seq = %(seq)s)
    or exists (select from tasks.observed where from_seq = %(seq)s)
    or exists (select from tasks.observed where to_seq = %(seq)s)
    or exists (select from tasks.transmission where planned_seq = %(seq)s)
    or exists (select from tasks.transmission where outcome_seq = %(seq)s)
    or exists (select from operations.exception where opened_seq = %(seq)s)
    or exists (select from operations.exception where closed_seq = %(seq)s)
    or exists (select from operations.prevented where seq = %(seq)s)
    or exists (select from cases.workflow_version where activated_seq = %(seq)s or retired_seq = %(seq)s)
    or exists (select from cases.allowed_share where known_seq = %(seq)s)
    or exists (select from tasks.answer where known_seq = %(seq)s)
) is false as brought_nothing;
