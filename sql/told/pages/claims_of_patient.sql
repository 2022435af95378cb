-- reads: cases.case_record, cases.workflow_version

-- Whether claims of a patient rest on what is recorded of the patient: one of the patient's cases is of a workflow that
-- bills. Who records a call has prepared those claims, as `tasks.prepared_by` says afterwards.
select count(*) > 0 as do_rest
from cases.case_record as c
inner join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
where c.person_id = %(person)s::uuid
    and jsonb_path_exists(w.definition, '$.stages[*].task ? (@.kind == "billing")');
