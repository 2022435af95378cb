-- The trigger that forbids this is off: somebody at the database's own prompt.
set local session_replication_role = replica;
insert into tasks.claim_batch (batch_id, payer_id, billing_npi, planned_seq, claim_count, total_charge, payload, payload_sha256, interchange_control_number, status)
values (md5('b')::uuid, 'SUNADV', '1234567893', 3, 1, 100, 'ISA', encode(sha256('ISA'), 'hex'), '000000001', 'sent');
insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload, payload_sha256, planned_seq, intended_at, sent_at, outcome, outcome_at, outcome_seq)
values (md5('t')::uuid, 'claim_batch|' || md5('b')::uuid, 'claim_batch', 'clearinghouse_main', 1, 'ISA', encode(sha256('ISA'), 'hex'), 3, '2026-09-04 08:00Z', '2026-09-04 08:00Z', 'accepted', '2026-09-04 08:00Z', 3);
set local session_replication_role = origin;
