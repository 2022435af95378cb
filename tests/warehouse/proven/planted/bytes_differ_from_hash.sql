-- no trigger of the warehouse lets this happen
set local session_replication_role = replica;
update tasks.transmission set payload = payload || 'x'::bytea
where transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
