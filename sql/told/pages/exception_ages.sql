-- reads: operations.exception

-- Open exceptions by who owns them and by how long they have been open, as of a moment. The bounds are made once: to take
-- days off the moment for each row took longer than to read the rows.
with bounds as materialized (
    select
        %(of_moment)s::timestamptz - interval '2 days' as of_2,
        %(of_moment)s::timestamptz - interval '8 days' as of_8,
        %(of_moment)s::timestamptz - interval '31 days' as of_31
)

select
    e.owner_team,
    e.owner,
    count(*) filter (where e.opened_at > b.of_2) as days_0_1,
    count(*) filter (where e.opened_at <= b.of_2 and e.opened_at > b.of_8) as days_2_7,
    count(*) filter (where e.opened_at <= b.of_8 and e.opened_at > b.of_31) as days_8_30,
    count(*) filter (where e.opened_at <= b.of_31) as days_31,
    count(*) filter (where e.due_at < %(of_moment)s) as overdue,
    min(e.opened_at) as oldest_at
from operations.exception as e
cross join bounds as b
where e.status = 'open'
group by e.owner_team, e.owner
order by e.owner_team, e.owner nulls first;
