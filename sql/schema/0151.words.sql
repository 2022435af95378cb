-- depends: 0172.claims-by-their-number

-- Which words these columns hold is checked by what the vocabulary says (throughline.warehouse.words), on each migration.
alter table tasks.task drop constraint task_kind_check;
alter table tasks.task drop constraint task_priority_check;
alter table cases.workflow_version drop constraint workflow_version_status_check;
alter table operations.role drop constraint role_role_check;
