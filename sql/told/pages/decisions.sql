-- reads: operations.decision

-- What was decided about a thing, the newest first. `rows` is the delivery whose rows an exception is about, `claims` the
-- batch of claims.
select
    d.decided_at,
    d.decided_by,
    case when d.kind = 'assign' then concat_ws(' to ', d.kind, d.detail ->> 'owner') else d.kind end as kind,
    d.note,
    d.door,
    d.known_seq
from operations.decision as d
where (d.about_kind = 'exception' and d.about_id = %(exception)s)
    or (%(rows)s::text is not null and d.about_kind = 'set_aside' and d.about_id = %(rows)s)
    or (%(claims)s::text is not null and d.about_kind = 'claim_batch' and d.about_id = %(claims)s)
order by d.decided_at desc
limit 50;
