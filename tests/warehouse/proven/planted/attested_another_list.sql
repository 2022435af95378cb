-- The list that is kept under the digest of the release was changed behind it.
insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, detail, known_seq)
values (md5('d')::uuid, 'Ada Biller', 'release', 'claim_batch', md5('claims')::uuid::text,
    jsonb_build_object('sha256', encode(sha256('ISA'), 'hex'), 'digest', encode(sha256('ISA{}'), 'hex')), 3);
insert into tasks.batch_list (batch_id, digest, told)
values (md5('claims')::uuid, encode(sha256('ISA{}'), 'hex'), '{"claims":[]}');
update tasks.claim_batch set status = 'released', decision_id = md5('d')::uuid where batch_id = md5('claims')::uuid;
