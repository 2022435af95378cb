-- reads: operations.decision, operations.exception, operations.night, operations.reason

-- One page of the exceptions that ended, the newest first: in which night, and how. Every filter may be null; `before_seq`
-- and `before_id` are the last row of the page before.
select
    e.exception_id::text as exception_id,
    e.reason,
    r.title,
    e.owner_team,
    e.owner,
    e.opened_at,
    e.closed_seq,
    n.business_date as closed_on,
    e.status,
    e.resolution,
    d.decided_by
from operations.exception as e
left join operations.reason as r on r.reason = e.reason
left join operations.night as n on n.seq = e.closed_seq
left join operations.decision as d on d.decision_id = e.decision_id
where e.status <> 'open'
    and (%(team)s::text is null or e.owner_team = %(team)s)
    and (%(reason)s::text is null or e.reason = %(reason)s)
    and (
        %(before_seq)s::bigint is null
        or (e.closed_seq, e.exception_id) < (%(before_seq)s::bigint, %(before_id)s::uuid)
    )
order by e.closed_seq desc, e.exception_id desc
limit %(size)s;
