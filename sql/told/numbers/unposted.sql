-- reads: operations.exception

-- Money of payments that belongs to no claim (PLB) and that billing has not posted: by payer, code and owner. A positive
-- amount took money off the payments. No reference, which may name a member, and no code that is none.
select
    coalesce(e.detail ->> 'payer_id', 'a payer without number') as payer,
    c.code,
    operations.adjustment_words(c.code) as meaning,
    sum((j.one ->> 'amount')::numeric) as amount,
    count(distinct e.exception_id) as payments,
    e.owner_team,
    min(e.due_at) as due_at
from operations.exception as e
cross join jsonb_array_elements(coalesce(e.detail -> 'adjustments', '[]'::jsonb)) as j (one)
cross join lateral (
    select case when j.one ->> 'code' ~ '^[A-Z0-9]{2}$' then j.one ->> 'code' else 'no code' end as code
) as c
where
    e.reason = 'provider_adjustment'
    and e.about_kind = 'remittance'
    and e.opened_seq <= %(seq)s
    and (e.closed_seq is null or e.closed_seq > %(seq)s)
group by payer, c.code, e.owner_team
order by payer, abs(sum((j.one ->> 'amount')::numeric)) desc, c.code, e.owner_team;
