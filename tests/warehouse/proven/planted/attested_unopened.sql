-- Another person had opened it, and this one only after the release.
insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, detail, known_seq)
values (md5('d')::uuid, 'Ada Biller', 'release', 'claim_batch', md5('claims')::uuid::text,
    jsonb_build_object('sha256', encode(sha256('ISA'), 'hex')), 3);
insert into operations.opened (who, about_kind, about_id, digest, door, opened_at)
select o.who, 'claim_batch', md5('claims')::uuid::text, encode(sha256('ISA'), 'hex'), 'page', o.opened_at
from (values ('Bea Biller', '2026-09-01 08:00Z'::timestamptz), ('Ada Biller', clock_timestamp() + interval '1 hour')) as o (who, opened_at);
update tasks.claim_batch set status = 'released', decision_id = md5('d')::uuid where batch_id = md5('claims')::uuid;
