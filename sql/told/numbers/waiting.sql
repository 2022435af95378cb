-- reads: landing.batch, tasks.claim_batch

-- What waits for a named person: deliveries that a gate stopped, and batches of claims.
select
    'delivery' as what,
    left(b.batch_id::text, 8) as number,
    b.source || '/' || b.feed || ' of ' || b.business_date as about,
    b.rows_pending as things,
    null::numeric as amount
from landing.batch as b
where b.status = 'stopped'
union all
select
    'claims' as what,
    left(c.batch_id::text, 8) as number,
    c.payer_id as about,
    c.claim_count as things,
    c.total_charge as amount
from tasks.claim_batch as c
where c.status = 'waiting'
order by what, about, number;
