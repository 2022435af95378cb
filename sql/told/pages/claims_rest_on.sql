-- reads: cases.case_record, cases.workflow_version, operations.exception, quality.quarantine

-- Whether claims rest on what is decided about an exception: on a case that is billed for, on whose records a patient's
-- are, on where a patient went, or on rows of patients that were set aside. Who decides it has prepared those claims, as
-- `tasks.prepared_by` says afterwards.
select
    e.reason = 'disposition_not_stated'
    or exists (
        select
        from cases.case_record as c
        inner join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
        where (c.case_id = e.case_id or (e.reason = 'identity_doubt' and c.person_id = e.person_id))
            and jsonb_path_exists(w.definition, '$.stages[*].task ? (@.kind == "billing")')
    )
    or (
        e.reason = 'rows_set_aside' and exists (
            select
            from quality.quarantine as q
            where q.batch_id::text = e.about_id and q.status = 'open' and q.subject_id is not null
        )
    ) as do_rest
from operations.exception as e
where e.exception_id = %(exception_id)s::uuid;
