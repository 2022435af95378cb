update cases.stage set state = 'pending', fact_id = null
where stage = 'settled' and case_id = (
    select case_id from cases.case_record where status = 'completed' order by case_id limit 1
);
