update tasks.task set status = 'completed', closed_seq = 3, closed_fact_id = (select fact_id from evidence.fact limit 1)
where task_id = (select task_id from tasks.task where closed_seq is null order by task_id limit 1);
