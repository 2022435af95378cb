update evidence.fact set known_seq = 99
where fact_id = (select fact_id from evidence.fact where kind = 'task_update' order by fact_id limit 1);
