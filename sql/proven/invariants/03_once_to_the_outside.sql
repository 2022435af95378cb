-- reads: operations.decision, operations.exception, operations.night, scope_task, scope_transmission,
--     tasks.claim, tasks.claim_batch, tasks.transmission

-- two_standing_effects: One effect was sent more than once.
select
    'effect' as about_kind,
    md5(o.effect_key) as about_id,
    count(*) || ' times' as detail
from (
    select distinct t.effect_key
    from scope_transmission as x
    inner join tasks.transmission as t on t.transmission_id = x.transmission_id
) as k
inner join tasks.transmission as o on o.effect_key = k.effect_key
where o.outcome in ('intended', 'accepted', 'uncertain')
group by o.effect_key
having count(*) > 1;

-- attempt_without_certain_failure: A second attempt was made before the first had certainly failed.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    'attempt ' || t.attempt || ' after ' || p.outcome as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
inner join tasks.transmission as p on p.effect_key = t.effect_key and p.attempt < t.attempt
where
    p.outcome not in ('rejected', 'withheld')
    or p.outcome_at is null
    or p.outcome_at > t.intended_at;

-- contacted_twice: Two requests to contact one person were sent for the same business date.
select
    'transmission' as about_kind,
    max(o.transmission_id::text) as about_id,
    count(*) || ' contacts in night ' || o.planned_seq as detail
from (
    select distinct
        t.person_id,
        t.planned_seq
    from scope_transmission as x
    inner join tasks.transmission as t on t.transmission_id = x.transmission_id
    where t.kind = 'outreach'
) as k
inner join tasks.transmission as o
    on o.person_id = k.person_id and o.kind = 'outreach' and o.planned_seq = k.planned_seq
where o.outcome in ('accepted', 'uncertain')
group by o.person_id, o.planned_seq
having count(*) > 1;

-- visit_claimed_twice: One visit has two first claims of ours, or a claim of ours and a work item.
select
    'claim' as about_kind,
    max(c.patient_control_number) as about_id,
    count(*) || ' claims' as detail
from tasks.claim as c
where
    c.frequency_code = '1'
    and c.status in ('prepared', 'batched', 'released', 'sent')
    and exists (
        select from scope_task as x
        inner join tasks.claim as o on o.task_id = x.task_id
        where o.encounter_source = c.encounter_source and o.encounter_id = c.encounter_id
    )
group by c.encounter_source, c.encounter_id
having count(*) > 1;

-- bytes_differ_from_hash: The bytes that were sent are not those whose hash was recorded.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    t.kind as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
where encode(sha256(t.payload), 'hex') <> t.payload_sha256
union all
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    b.status as detail
from tasks.claim_batch as b
where
    (%(seq)s::bigint is null or b.planned_seq = %(seq)s::bigint)
    and encode(sha256(b.payload), 'hex') <> b.payload_sha256;

-- claims_sent_unreleased: Claims went out without a named person's release of exactly these bytes.
select
    'claim_batch' as about_kind,
    coalesce(b.batch_id::text, t.transmission_id::text) as about_id,
    case
        when b.batch_id is null then 'no such batch'
        when d.decision_id is null then 'no release'
        else 'other bytes than those released'
    end as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
left join tasks.claim_batch as b on t.effect_key like '%%' || b.batch_id
left join operations.decision as d
    on
        d.decision_id = b.decision_id
        and d.about_id = b.batch_id::text
        and d.kind = 'release'
where
    t.kind = 'claim_batch'
    and t.outcome in ('accepted', 'uncertain')
    and (
        b.batch_id is null
        or d.decision_id is null
        or d.detail ->> 'sha256' is distinct from b.payload_sha256
        or t.payload_sha256 <> b.payload_sha256
    );

-- outcome_before_intention: Something was sent before its intention was recorded.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    t.outcome as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
where
    t.sent_at < t.intended_at
    or (t.outcome = 'accepted' and (t.sent_at is null or t.outcome_at is null or t.outcome_seq is null));

-- uncertain_without_owner: A call whose answer was lost is past its deadline, and no exception is open.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    t.kind as detail
from tasks.transmission as t
where
    t.outcome = 'uncertain'
    and t.lookup_deadline < (select max(cut_off) from operations.night where status <> 'void')
    and not exists (
        select from operations.exception as e
        where e.about_kind = 'transmission' and e.about_id = t.transmission_id::text and e.status = 'open'
    );
