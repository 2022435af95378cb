-- reads: operations.exception

-- Money of payments that belongs to no claim, and that billing has not posted: code and meaning, never a reference, which
-- may name a member. A positive amount took money off the payment.
select
    coalesce(e.detail ->> 'payer_id', 'a payer without number') as payer,
    e.about_id as payment,
    e.amount,
    (
        select string_agg(
            concat_ws(' ', j.one ->> 'code', operations.adjustment_words(j.one ->> 'code'), j.one ->> 'amount'),
            ', ' order by j.place
        )
        from jsonb_array_elements(e.detail -> 'adjustments') with ordinality as j (one, place)
    ) as adjustments
from operations.exception as e
where e.reason = 'provider_adjustment' and e.about_kind = 'remittance' and e.status = 'open'
order by e.due_at, e.about_id
limit 20;
