update evidence.fact set retracted_seq = 3
where fact_id = (select fact_id from cases.stage where state = 'complete' order by case_id, position limit 1);
