-- reads: landing.batch, operations.prevented, tasks.task, tasks.transmission, tasks.transmission_task

-- What did not go out: calls and claims stopped by the final check, tasks that were called off, and
-- deliveries that a gate stopped.
with prevented as (
    select
        p.kind || ' prevented' as what,
        p.reason,
        p.case_id
    from operations.prevented as p
    where p.seq > %(since)s and p.seq <= %(seq)s
),

withheld as (
    select
        x.kind || ' withheld' as what,
        coalesce(x.outcome_reason, 'not said') as reason,
        t.case_id
    from tasks.transmission as x
    left join tasks.transmission_task as xt on xt.transmission_id = x.transmission_id
    left join tasks.task as t on t.task_id = xt.task_id
    where
        x.planned_seq > %(since)s
        and x.planned_seq <= %(seq)s
        and x.outcome = 'withheld'
        and not exists (
            select from operations.prevented as p
            where p.effect_key = x.effect_key and p.seq > %(since)s and p.seq <= %(seq)s
        )
),

called_off as (
    select
        t.kind || ' called off' as what,
        coalesce(t.status_reason, t.status) as reason,
        t.case_id
    from tasks.task as t
    where
        t.closed_seq > %(since)s
        and t.closed_seq <= %(seq)s
        and t.status in ('cancelled', 'entered-in-error')
),

everything as (
    select * from prevented
    union all
    select * from withheld
    union all
    select * from called_off
)

select
    e.what,
    e.reason,
    count(*) as times,
    (array_agg(distinct left(e.case_id::text, 8)) filter (where e.case_id is not null))[1:12] as case_numbers
from everything as e
group by e.what, e.reason
union all
select
    'delivery stopped' as what,
    b.source || '/' || b.feed || ' of ' || b.business_date as reason,
    b.rows_pending as times,
    null as case_numbers
from landing.batch as b
where b.known_seq <= %(seq)s and b.status = 'stopped'
order by what, times desc, reason;
