with done as (
    select s.fact_id, c.person_id from cases.stage as s inner join cases.case_record as c on c.case_id = s.case_id
    where s.state = 'complete' and c.derived_seq = 3 order by s.case_id, s.position limit 1
),

ours as (
    insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source, encounter_id, task_id, payer_id, billing_npi, total_charge, content, planned_seq, status)
    select 'TX1', 'claim|another', d.person_id, 'ehr', 'another', t.task_id, 'SUNADV', '1234567893', 220, '{}', 3, 'withdrawn'
    from done as d cross join (select task_id from tasks.task order by task_id limit 1) as t
)

update evidence.fact as f set identifiers = f.identifiers || '{"patient_control_number": "TX1"}' from done as d where f.fact_id = d.fact_id;
