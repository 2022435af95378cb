-- reads: operations.night, operations.question, tasks.claim, tasks.claim_batch, tasks.task

-- The batches of claims that wait for a named person, oldest first: since which business date, by when a task of theirs
-- is due, and by when the payer takes the oldest claim.
select
    b.batch_id,
    b.payer_id,
    b.billing_npi,
    b.claim_count,
    b.total_charge,
    n.business_date as since,
    min(t.due_at) as due_at,
    q.file_by
from tasks.claim_batch as b
left join operations.question as q on q.about_kind = 'claim_batch' and q.about_id = b.batch_id::text
left join operations.night as n on n.seq = b.planned_seq
left join tasks.claim as k on k.batch_id = b.batch_id
left join tasks.task as t on t.effect_key = k.effect_key and t.closed_seq is null
where b.status = 'waiting'
group by b.batch_id, n.business_date, q.file_by
order by b.planned_seq, b.payer_id, b.billing_npi, b.batch_id;
