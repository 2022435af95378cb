-- Two claims of ours on the third night, in a batch that waits for a person: they say what the clinician
-- documented, no more. Planted violations of "nothing invented" change single values of them.

insert into core.practitioner (source, source_id, source_version, batch_id, row_no, known_seq, content_hash, npi, is_billable)
select 'ehr', d.id, '1', b.batch_id, 1, 3, md5(d.id), d.npi, true
from landing.batch as b cross join (values ('dr1', '1000000001'), ('dr2', '1000000002')) as d (id, npi)
where b.feed = 'practitioner' and b.known_seq = 3;

insert into core.encounter (source, source_id, source_version, subject_source, subject_id, batch_id, row_no, known_seq, content_hash, status, class_code, starts_at)
select 'ehr', 'visit' || n, '1', 'ehr', 'p' || n, b.batch_id, n, 3, md5('visit' || n), 'finished', 'AMB', '2026-09-02 15:00Z'
from landing.batch as b cross join generate_series(1, 2) as n
where b.feed = 'encounter' and b.known_seq = 3;

insert into core.charge_item (source, source_id, source_version, subject_source, subject_id, batch_id, row_no, known_seq, content_hash, status, encounter_id, code, modifiers, quantity, amount, diagnoses, performer_id)
select 'ehr', 'charge' || n || c.code, '1', 'ehr', 'p' || n, b.batch_id, n, 2, md5(n || c.code), 'billable', 'visit' || n, c.code,
    c.modifiers, c.quantity, c.amount, c.diagnoses, 'dr1'
from landing.batch as b
cross join generate_series(1, 2) as n
cross join (values
    ('99214', array['25'], 1, 180.00, array['I50.9', 'E11.9']),
    ('93000', array[]::text[], 2, 40.00, array['I50.9'])
) as c (code, modifiers, quantity, amount, diagnoses)
where b.feed = 'charge_item' and b.known_seq = 2;

update landing.batch set rows_loaded = 2, rows_superseded = rows_superseded - 2
where feed in ('practitioner', 'encounter') and known_seq = 3;
update landing.batch set rows_loaded = 4, rows_superseded = rows_superseded - 4
where feed = 'charge_item' and known_seq = 2;

insert into tasks.claim_batch (batch_id, payer_id, billing_npi, planned_seq, claim_count, total_charge, payload, payload_sha256, interchange_control_number, status)
values (md5('claims')::uuid, 'SUNADV', '1234567893', 3, 2, 440, 'ISA', encode(sha256('ISA'), 'hex'), '000000007', 'waiting');

insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source, encounter_id, task_id, payer_id, billing_npi, total_charge, content, batch_id, planned_seq, status)
select 'TL' || n, 'claim|visit' || n, t.person_id, 'ehr', 'visit' || n, t.task_id, 'SUNADV', '1234567893', 220,
    jsonb_build_object(
        'lines', jsonb_build_array(
            jsonb_build_object('line', 1, 'charge_item', 'charge' || n || '99214', 'code', '99214', 'modifiers', array['25'], 'units', 1,
                'charge', 180.00, 'service_on', '2026-09-02', 'pointers', array[1, 2]),
            jsonb_build_object('line', 2, 'charge_item', 'charge' || n || '93000', 'code', '93000', 'modifiers', array[]::text[], 'units', 2,
                'charge', 40.00, 'service_on', '2026-09-02', 'pointers', array[1])
        ),
        'diagnoses', array['I50.9', 'E11.9'], 'total', 220, 'rendering_npi', '1000000001'
    ),
    md5('claims')::uuid, 3, 'batched'
from (select * from tasks.task where planned_seq = 3 order by task_id limit 1) as t cross join generate_series(1, 2) as n;
