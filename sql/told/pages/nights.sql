-- reads: landing.batch, landing.not_received, operations.exception, operations.night, tasks.transmission

-- One page of the nights, the newest first: how each ended, what came late in it, what did not come, and what it opened,
-- closed and sent.
with page as (
    select n.*
    from operations.night as n
    order by n.seq desc
    limit %(size)s offset %(skip)s
)

select
    p.seq,
    p.business_date,
    p.kind,
    p.status,
    p.failed_step,
    extract(epoch from p.finished_at - p.started_at)::float as seconds,
    array(
        select distinct concat(b.source, '/', b.feed, ' of ', to_char(b.business_date, 'Dy DD Mon YYYY'))
        from landing.batch as b
        where b.known_seq = p.seq and b.business_date < p.business_date
    ) as came_late,
    (
        select coalesce(array_agg(concat(m.source, '/', m.feed) order by m.source, m.feed), '{}')
        from landing.not_received as m
        where m.known_seq = p.seq
    ) as did_not_come,
    (select count(*) from operations.exception as e where e.opened_seq = p.seq) as opened,
    (select count(*) from operations.exception as e where e.closed_seq = p.seq) as closed,
    (
        select count(*) from tasks.transmission as t
        where t.planned_seq = p.seq and t.outcome = 'accepted'
    ) as sent
from page as p
order by p.seq desc;
