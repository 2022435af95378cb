-- reads: landing.batch, landing.file, quality.quarantine

-- Rows that a gate set aside and that wait for a decision: where and why, no patient data.

-- Of money that does not balance, or that another row of the same id and version contradicts, also the claim's number,
-- the payer if no payment of it is known, and both sums (`stated`: of the other row); and what one decision is about.
select
    q.quarantine_id,
    q.source || '.' || q.feed as feed,
    f.original_name as file,
    q.row_no as row,
    q.reason,
    b.business_date as since,
    case when q.subject_source = 'pcn' then q.subject_id end as claim,
    q.payer_id as payer,
    q.stated_amount as stated,
    q.explained_amount as explained,
    case
        when
            q.reason = 'remittance does not balance'
            or q.feed = 'payment' and q.reason = 'same version, other content'
            then 'all rows of the payment'
        when q.reason = 'payment_without_claims' then 'the payment: posted, advance, not_ours'
        else 'this row'
    end as decides
from quality.quarantine as q
inner join landing.batch as b on q.batch_id = b.batch_id
left join landing.file as f on q.file_id = f.file_id
where q.status = 'open'
order by since, feed, file, q.row_no, q.reason;
