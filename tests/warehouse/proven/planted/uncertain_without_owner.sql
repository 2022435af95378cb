update tasks.transmission set outcome = 'uncertain', lookup_deadline = '2026-09-03 12:00Z'
where transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
