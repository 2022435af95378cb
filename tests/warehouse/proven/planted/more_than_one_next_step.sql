insert into tasks.task (task_id, case_id, person_id, workflow, stage, kind, attempt, status, owner_team, planned_seq, planned_at, due_at)
select md5('second|' || task_id)::uuid, case_id, person_id, workflow, stage, kind, 2, 'requested', owner_team, 3, planned_at, due_at
from tasks.task where closed_seq is null order by task_id limit 1;
