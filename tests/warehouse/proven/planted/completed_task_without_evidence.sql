update tasks.task set closed_fact_id = null
where task_id = (select task_id from tasks.task where status = 'completed' order by task_id limit 1);
