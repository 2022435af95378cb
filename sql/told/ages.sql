-- reads: operations.exception

-- Open exceptions by team and by how long they have been open, in days, as of a night.
select
    e.owner_team,
    case
        when e.opened_at > %(as_of)s - interval '2 days' then '0-1'
        when e.opened_at > %(as_of)s - interval '8 days' then '2-7'
        when e.opened_at > %(as_of)s - interval '31 days' then '8-30'
        else '31-'
    end as days,
    count(*) as open,
    count(*) filter (where e.due_at < %(as_of)s) as overdue
from operations.exception as e
where e.opened_seq <= %(seq)s and (e.closed_seq is null or e.closed_seq > %(seq)s)
group by e.owner_team, days
order by e.owner_team, days;
