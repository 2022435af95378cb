-- One of the two claims of the batch went out although its case said: do not bill.
set local session_replication_role = replica;
insert into tasks.claim_support (batch_id, patient_control_number, case_id, do_not_bill, known_seq)
select md5('claims')::uuid, 'TL' || n, t.case_id, case n when 1 then 'charge_check' end, 3
from (select * from tasks.task where planned_seq = 3 order by task_id limit 1) as t cross join generate_series(1, 2) as n;
insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload, payload_sha256, planned_seq, intended_at, sent_at, outcome, outcome_at, outcome_seq)
values (md5('t')::uuid, 'claim_batch|' || md5('claims')::uuid, 'claim_batch', 'clearinghouse_main', 1, 'ISA', encode(sha256('ISA'), 'hex'), 3, '2026-09-04 08:00Z', '2026-09-04 08:00Z', 'accepted', '2026-09-04 08:00Z', 3);
set local session_replication_role = origin;
