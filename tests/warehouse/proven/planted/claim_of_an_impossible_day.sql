-- A claim of a batch went out although its patient had died before the day of its service.
set local session_replication_role = replica;
insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail)
select md5('death')::uuid, l.source, l.source_id, 'death', '2026-08-31 04:00Z', 3, l.source, 'patient/' || l.source_id, 'died', f.batch_id, '{}', '{"by": "2026-09-01", "is_day_known": false}'
from tasks.claim as k
inner join identity.link as l on l.person_id = k.person_id and l.status = 'active' and l.retired_seq is null
inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
order by l.source, f.fact_id limit 1;
insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload, payload_sha256, planned_seq, intended_at, sent_at, outcome, outcome_at, outcome_seq)
values (md5('t')::uuid, 'claim_batch|' || md5('claims')::uuid, 'claim_batch', 'clearinghouse_main', 1, 'ISA', encode(sha256('ISA'), 'hex'), 3, '2026-09-04 08:00Z', '2026-09-04 08:00Z', 'accepted', '2026-09-04 08:00Z', 3);
set local session_replication_role = origin;
