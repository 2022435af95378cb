-- reads: operations.decision, operations.night, tasks.inside, tasks.task, tasks.transmission,
--     tasks.transmission_task

-- The pause of sending that this night knows, or the newest night's own, with what waits for it.
select
    d.decided_by,
    d.decided_at,
    (
        select count(*)
        from tasks.task as t
        where
            t.planned_seq <= %(seq)s
            and (t.closed_seq is null or t.closed_seq > %(seq)s)
            and t.kind <> 'review'
            and not exists (select from tasks.inside as i where i.task_id = t.task_id and i.known_seq <= %(seq)s)
            and not exists (
                select from tasks.transmission_task as l
                inner join tasks.transmission as x on x.transmission_id = l.transmission_id
                where
                    l.task_id = t.task_id
                    and x.planned_seq <= %(seq)s
                    and x.outcome in ('accepted', 'uncertain')
            )
    ) as waiting
from operations.decision as d
where
    d.about_kind = 'sending'
    and d.kind = 'pause_sending'
    and (
        d.known_seq <= %(seq)s
        or (d.known_seq is null and not exists (
            select from operations.night as n where n.seq > %(seq)s and n.status <> 'void'
        ))
    )
    and not exists (
        select from operations.decision as r
        where
            r.about_kind = 'sending'
            and r.decided_at > d.decided_at
            and (r.known_seq <= %(seq)s or (r.known_seq is null and not exists (
                select from operations.night as n where n.seq > %(seq)s and n.status <> 'void'
            )))
    );
