-- reads: tasks.inside, tasks.task, tasks.transmission, tasks.transmission_task

-- Tasks by kind: planned, sent and closed since the day before, and what is open now.
with planned as (
    select
        t.kind,
        count(*) as planned
    from tasks.task as t
    where t.planned_seq > %(since)s and t.planned_seq <= %(seq)s
    group by t.kind
),

sent as (
    select
        t.kind,
        count(distinct t.task_id) filter (where x.outcome = 'accepted') as sent,
        count(distinct t.task_id) filter (where x.outcome in ('uncertain', 'intended')) as uncertain,
        count(distinct t.task_id) filter (where x.outcome = 'rejected') as rejected,
        count(distinct t.task_id) filter (where x.outcome = 'withheld') as withheld
    from tasks.transmission as x
    inner join tasks.transmission_task as xt on xt.transmission_id = x.transmission_id
    inner join tasks.task as t on t.task_id = xt.task_id
    where x.planned_seq > %(since)s and x.planned_seq <= %(seq)s
    group by t.kind
),

closed as (
    select
        t.kind,
        count(*) filter (where t.status = 'completed') as completed,
        count(*) filter (where t.status <> 'completed') as ended_otherwise
    from tasks.task as t
    where t.closed_seq > %(since)s and t.closed_seq <= %(seq)s
    group by t.kind
),

standing as (
    select
        t.kind,
        count(*) as open,
        -- what waits because sending is paused counts against no one
        count(*) filter (
            where t.due_at < %(as_of)s
                and not (
                    t.kind <> 'review' and p.is_paused
                    and not exists (
                        select from tasks.transmission_task as l
                        inner join tasks.transmission as x on x.transmission_id = l.transmission_id
                        where l.task_id = t.task_id and x.planned_seq <= %(seq)s
                    )
                    and not exists (
                        select from tasks.inside as i where i.task_id = t.task_id and i.known_seq <= %(seq)s
                    )
                )
        ) as overdue
    from tasks.task as t
    cross join (select operations.was_paused(%(seq)s, %(seq)s) as is_paused) as p
    where t.planned_seq <= %(seq)s and (t.closed_seq is null or t.closed_seq > %(seq)s)
    group by t.kind
)

select
    k.kind,
    coalesce(p.planned, 0) as planned,
    coalesce(s.sent, 0) as sent,
    coalesce(s.uncertain, 0) as uncertain,
    coalesce(s.rejected, 0) as rejected,
    coalesce(s.withheld, 0) as withheld,
    coalesce(c.completed, 0) as completed,
    coalesce(c.ended_otherwise, 0) as ended_otherwise,
    coalesce(o.open, 0) as open,
    coalesce(o.overdue, 0) as overdue
from unnest(
    array['outreach', 'scheduling', 'eligibility', 'documentation', 'billing', 'review']
) with ordinality as k (kind, place)
left join planned as p on p.kind = k.kind
left join sent as s on s.kind = k.kind
left join closed as c on c.kind = k.kind
left join standing as o on o.kind = k.kind
order by k.place;
