-- depends: 0021.state-digest

-- The cases that ask for a task: what the planner reads, whatever the number of cases.
create index case_wanted on cases.case_record (wanted)
where status = 'open'
    and wanted in ('outreach', 'scheduling', 'eligibility', 'documentation', 'billing', 'review');

create index claim_planned on tasks.claim (planned_seq);

-- No release, no send: a batch of claims goes out only with a named person's release of these bytes.
create function tasks.claims_need_release() returns trigger language plpgsql as $$
begin
    if new.kind = 'claim_batch' and not exists (
        select from tasks.claim_batch as b
        inner join operations.decision as d on d.decision_id = b.decision_id
        where b.batch_id::text = split_part(new.effect_key, '|', 2)
            and b.status in ('released', 'sent')
            and d.kind = 'release'
            and d.decided_by <> ''
            and b.payload_sha256 = new.payload_sha256
            and encode(sha256(new.payload), 'hex') = new.payload_sha256
    ) then
        raise exception 'a batch of claims needs a named release of these bytes';
    end if;
    return new;
end
$$;

create trigger claims_need_release before insert or update of payload, payload_sha256, kind
on tasks.transmission for each row execute function tasks.claims_need_release();
