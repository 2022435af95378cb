insert into tasks.transmission (transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256, planned_seq, intended_at, sent_at, outcome, outcome_at, outcome_seq)
select md5('other|' || transmission_id)::uuid, effect_key || '|other', kind, target, person_id, 1, payload, payload_sha256, 3, intended_at, sent_at, 'accepted', outcome_at, 3
from tasks.transmission where transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
