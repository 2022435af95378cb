-- depends: 0041.exceptions-of-a-case

-- A release is of the bytes that were shown: the decision names their hash, and no others go out on it,
-- whatever is written into the batch afterwards.
create or replace function tasks.claims_need_release() returns trigger language plpgsql as $$
begin
    if new.kind = 'claim_batch' and not exists (
        select from tasks.claim_batch as b
        inner join operations.decision as d on d.decision_id = b.decision_id
        where b.batch_id::text = split_part(new.effect_key, '|', 2)
            and b.status in ('released', 'sent')
            and d.kind = 'release'
            and d.about_kind = 'claim_batch'
            and d.about_id = b.batch_id::text
            and d.decided_by <> ''
            and d.detail ->> 'sha256' = new.payload_sha256
            and b.payload_sha256 = new.payload_sha256
            and encode(sha256(new.payload), 'hex') = new.payload_sha256
    ) then
        raise exception 'a batch of claims needs a named release of these bytes';
    end if;
    return new;
end
$$;
