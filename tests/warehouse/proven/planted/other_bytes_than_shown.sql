insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, detail, known_seq, door)
values (md5('d')::uuid, 'Ada Biller', 'release', 'claim_batch', md5('claims')::uuid::text,
    jsonb_build_object('sha256', encode(sha256('ISA'), 'hex')), 3, 'question');
insert into operations.shown (about_kind, about_id, digest, door)
values ('claim_batch', md5('claims')::uuid::text, encode(sha256('something else'), 'hex'), 'question');
update tasks.claim_batch set status = 'released', decision_id = md5('d')::uuid where batch_id = md5('claims')::uuid;
