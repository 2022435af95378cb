insert into cases.workflow_version (workflow, version, status, definition, sha256, activated_seq)
values ('transitional_care', 2, 'active', '{}', 'x', 3);
update cases.case_record set version = 2
where case_id = (select case_id from cases.case_record where workflow = 'transitional_care' and derived_seq = 3 order by case_id limit 1);
