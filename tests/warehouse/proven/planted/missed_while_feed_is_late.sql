update cases.case_record set stage_state = 'missed'
where case_id = (select case_id from cases.case_record where stage_state = 'unknown' and derived_seq = 3 order by case_id limit 1);
update cases.stage as s set state = 'missed', due_at = '2026-09-03 21:00Z'
from cases.case_record as c where c.case_id = s.case_id and c.stage = s.stage and c.stage_state = 'missed' and s.state = 'unknown';
