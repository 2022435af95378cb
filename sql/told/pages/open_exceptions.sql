-- reads: operations.exception

-- One page of the list of open exceptions: mine first, then by due date. Every filter may be null.
select e.exception_id::text as exception_id
from operations.exception as e
where e.status = 'open'
    and (%(team)s::text is null or e.owner_team = %(team)s)
    and (%(owner)s::text is null or e.owner = %(owner)s)
    and (%(reason)s::text is null or e.reason = %(reason)s)
    and (%(due_before)s::timestamptz is null or e.due_at <= %(due_before)s)
    and (not %(mine)s or e.owner = %(who)s or (e.owner is null and e.owner_team = any(%(teams)s)))
order by
    (e.owner is not distinct from %(who)s or (e.owner is null and e.owner_team = any(%(teams)s))) desc,
    e.due_at,
    e.exception_id
limit %(size)s
offset %(skip)s;
