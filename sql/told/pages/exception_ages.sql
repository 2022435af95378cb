-- reads: operations.exception

-- Open exceptions by who owns them and by how long they have been open, as of a moment.
select
    e.owner_team,
    e.owner,
    count(*) filter (where e.opened_at > %(of_moment)s - interval '2 days') as days_0_1,
    count(*) filter (
        where e.opened_at <= %(of_moment)s - interval '2 days' and e.opened_at > %(of_moment)s - interval '8 days'
    ) as days_2_7,
    count(*) filter (
        where e.opened_at <= %(of_moment)s - interval '8 days' and e.opened_at > %(of_moment)s - interval '31 days'
    ) as days_8_30,
    count(*) filter (where e.opened_at <= %(of_moment)s - interval '31 days') as days_31,
    count(*) filter (where e.due_at < %(of_moment)s) as overdue,
    min(e.opened_at) as oldest_at
from operations.exception as e
where e.status = 'open'
group by e.owner_team, e.owner
order by e.owner_team, e.owner nulls first;
