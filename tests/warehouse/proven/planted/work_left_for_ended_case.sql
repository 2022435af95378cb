insert into tasks.task (task_id, case_id, person_id, workflow, stage, kind, attempt, status, owner_team, planned_seq, planned_at, due_at)
select md5('left|' || case_id)::uuid, case_id, person_id, workflow, 'settled', 'review', 9, 'requested', 'billing', 3, '2026-09-04 07:00Z', '2026-09-09 07:00Z'
from cases.case_record where status = 'completed' order by case_id limit 1;
