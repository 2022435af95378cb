insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source, encounter_id, task_id, payer_id, billing_npi, total_charge, content, planned_seq, status)
select 'TL' || n, 'claim|' || n, t.person_id, 'ehr', 'e1', t.task_id, 'SUNADV', '1234567893', 100, '{}', 3, 'prepared'
from (select * from tasks.task where planned_seq = 3 order by task_id limit 1) as t cross join generate_series(1, 2) as n;
