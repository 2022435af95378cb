-- reads: operations.decision, operations.exception, operations.sending_pause, tasks.claim_batch,
--     tasks.transmission

-- The batches of claims that were attested and have not been sent, the oldest first: by whom and when, and what holds them:
-- an exception about the batch, a pause, a file whose arrival is not certain, or a receiver that a try did not reach.
select
    left(b.batch_id::text, 8) as number,
    b.payer_id,
    b.claim_count,
    b.total_charge,
    d.decided_by,
    d.decided_at,
    case
        when exists (
            select from operations.exception as e
            where e.about_kind = 'claim_batch' and e.about_id = b.batch_id::text and e.status = 'open'
        ) then 'exception'
        when x.outcome = 'uncertain' then 'uncertain'
        when exists (select from operations.sending_pause) then 'paused'
        when x.outcome = 'intended' then 'tried'
        else 'soon'
    end as held_by
from tasks.claim_batch as b
left join operations.decision as d on d.decision_id = b.decision_id
left join lateral (
    select t.outcome
    from tasks.transmission as t
    where t.effect_key = 'claim_batch|' || b.batch_id::text
    order by t.attempt desc
    limit 1
) as x on true
where b.status = 'released'
order by d.decided_at, b.batch_id;
