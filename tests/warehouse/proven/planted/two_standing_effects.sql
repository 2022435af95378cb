-- The index that forbids it has to go first; a restored copy could lack it.
drop index tasks.transmission_standing;
insert into tasks.transmission (transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256, planned_seq, intended_at, sent_at, outcome, outcome_at, outcome_seq)
select md5('again|' || transmission_id)::uuid, effect_key, kind, target, person_id, 2, payload, payload_sha256, 3, intended_at + interval '1 hour', sent_at + interval '1 hour', 'accepted', outcome_at + interval '1 hour', 3
from tasks.transmission where planned_seq = 3 order by transmission_id limit 1;
