update cases.case_record set next_step = null, next_due_at = null
where case_id = (select case_id from cases.case_record where next_step = 'wait' and derived_seq = 3 order by case_id limit 1);
