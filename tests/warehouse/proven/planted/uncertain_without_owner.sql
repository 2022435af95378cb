-- no trigger of the warehouse lets this happen
set local session_replication_role = replica;
update tasks.transmission set outcome = 'uncertain', lookup_deadline = '2026-09-03 12:00Z'
where transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
