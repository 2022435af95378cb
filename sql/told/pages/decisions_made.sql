-- reads: operations.decision, operations.exception

-- One page of what people decided, the newest first. Every filter may be null; `before_at` and `before_id` are the last
-- row of the page before.
select
    d.decision_id::text as decision_id,
    d.decided_at,
    d.decided_by,
    d.kind,
    d.about_kind,
    d.about_id,
    d.note,
    d.door,
    d.known_seq,
    e.reason,
    e.case_id::text as case_id
from operations.decision as d
left join operations.exception as e
    on e.exception_id = case
        when d.about_kind = 'exception' and d.about_id ~ '^[0-9a-f]{8}-[0-9a-f-]{27}$' then d.about_id::uuid
    end
where (%(by)s::text is null or d.decided_by = %(by)s)
    and (%(kind)s::text is null or d.kind = %(kind)s)
    and (%(from_moment)s::timestamptz is null or d.decided_at >= %(from_moment)s)
    and (%(until_moment)s::timestamptz is null or d.decided_at < %(until_moment)s)
    and (
        %(before_at)s::timestamptz is null
        or (d.decided_at, d.decision_id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    )
order by d.decided_at desc, d.decision_id desc
limit %(size)s;
