update evidence.fact set retracted_seq = 3
where fact_id = (select trigger_fact_id from cases.case_record where status = 'open' and derived_seq = 3 order by case_id limit 1);
