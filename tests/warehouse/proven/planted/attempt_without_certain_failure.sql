-- no trigger of the warehouse lets this happen
set local session_replication_role = replica;
update tasks.transmission set outcome = 'rejected', outcome_at = intended_at + interval '2 hours'
where transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
insert into tasks.transmission (transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256, planned_seq, intended_at, sent_at, outcome, outcome_at, outcome_seq)
select md5('again|' || transmission_id)::uuid, effect_key, kind, target, person_id, 2, payload, payload_sha256, 3, intended_at + interval '1 hour', intended_at + interval '1 hour', 'accepted', intended_at + interval '1 hour', 3
from tasks.transmission where transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
