-- reads: operations.exception, operations.reason

-- Open exceptions by team, owner and reason, for the filters of the list and for its sums.
select
    e.owner_team,
    e.owner,
    e.reason,
    r.title,
    count(*) as exceptions,
    count(*) filter (where e.due_at < %(overdue_before)s) as overdue,
    count(*) filter (where e.due_at <= %(due_before)s) as due,
    coalesce(sum(e.amount), 0) as amount
from operations.exception as e
left join operations.reason as r on r.reason = e.reason
where e.status = 'open'
group by e.owner_team, e.owner, e.reason, r.title
order by e.owner_team, e.owner, r.title, e.reason;
