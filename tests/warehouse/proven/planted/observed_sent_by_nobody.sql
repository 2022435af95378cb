insert into tasks.observed (case_id, stage, kind, from_seq, to_seq, is_held, person_id, workflow, attempt, owner_team, priority, detail)
select t.case_id, t.stage, t.kind, t.planned_seq - 1, t.planned_seq, false, t.person_id, t.workflow, 1, t.owner_team, t.priority, '{}'
from tasks.task as t where t.planned_seq = 3 limit 1;
