-- reads: operations.exception, operations.reason

-- Open exceptions by team, owner and reason, for the filters of the list and for its sums. They are summed before their
-- titles are looked up.
with summed as (
    select
        e.owner_team,
        e.owner,
        e.reason,
        count(*) as exceptions,
        count(*) filter (where e.due_at < %(overdue_before)s) as overdue,
        count(*) filter (where e.due_at <= %(due_before)s) as due,
        coalesce(sum(e.amount), 0) as amount
    from operations.exception as e
    where e.status = 'open'
    group by e.owner_team, e.owner, e.reason
)

select
    s.owner_team,
    s.owner,
    s.reason,
    r.title,
    s.exceptions,
    s.overdue,
    s.due,
    s.amount
from summed as s
left join operations.reason as r on r.reason = s.reason
order by s.owner_team, s.owner, r.title, s.reason;
