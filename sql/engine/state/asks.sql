-- reads: e_answer, e_business, e_case, e_current, e_day, e_decision, e_due, e_end, e_final, e_moment,
--     e_otherwise, e_state, r_block, r_end, r_exception, r_stage
-- makes: e_ask, e_owner_due, e_asking

-- What an open case asks for, by rank: standing blocks, unknown, `otherwise`, open task, put aside, late, tries used
-- up, not yet, next task (rules 17, 24, 27, 32).

create temp table e_ask (
    case_no bigint,
    rank int,
    place int,
    asks text,
    kind text,
    due_at timestamptz,
    reason text,
    by_at timestamptz
) on commit drop;

-- The end of the business day after tonight, and how long the owner of an exception has, in each zone.
create temp table e_owner_due on commit drop as
select
    z.zone, x.reason,
    case
        when x.unit = 'hours' then %(now)s::timestamptz + make_interval(hours => x.number)
        else (d.day + 1)::timestamp at time zone z.zone - interval '1 microsecond'
    end as due_at
from (
    select distinct c.zone, (%(now)s::timestamptz at time zone c.zone)::date as today
    from e_case as c
) as z
cross join (
    select null as reason, 1 as number, 'business days' as unit
    union all
    select r.reason, r.number, r.unit
    from r_exception as r
) as x
left join e_day as e on e.day = z.today
left join e_business as b on b.number = e.upto + x.number
cross join lateral (
    select case x.unit
        when 'business days' then case when x.number = 0 then z.today else b.day end
        when 'weeks' then z.today + 7 * x.number
        when 'months' then (z.today + make_interval(months => x.number))::date
        when 'years' then (z.today + make_interval(years => x.number))::date
        else z.today + x.number
    end as day
) as d;

-- Who asks: the current stage of each open case, with the staff's due.
create temp table e_asking on commit drop as
select
    c.case_no, c.person_id, c.version_id, c.trigger_key, c.zone, c.stage_no, s.stage, s.task_kind,
    coalesce(s.attempts, 1) as attempts, s.every_number, s.every_unit, s.from_id, s.by_id,
    d.last_at as due_at, n.due_at as next_day,
    case when d.last_at > %(now)s then d.last_at end as due_ahead,
    r.retried_at
from e_current as c
inner join e_final as f on f.case_no = c.case_no
inner join e_state as t on t.case_no = c.case_no and t.status = 'open'
inner join r_stage as s on s.version_id = c.version_id and s.stage_no = c.stage_no
inner join e_owner_due as n on n.zone = c.zone and n.reason is null
left join e_due as d on d.case_no = c.case_no and d.stage_no = c.stage_no
left join lateral (
    select max(k.known_at) as retried_at
    from e_decision as k
    where k.person_id = c.person_id and k.version_id = c.version_id and k.act = 'retry'
        and k.known_seq <= %(seq)s
        and (k.trigger_key is null or k.trigger_key = c.trigger_key)
        and (k.stage is null or k.stage = s.stage)
) as r on true;

create index on e_asking (case_no);
analyze e_asking;

-- Exceptions and waits of standing blocks, which cover tasks of a kind or all, and of `otherwise`. The due of an
-- exception is the earlier of its own and the clock's, if that is still to come.
insert into e_ask (case_no, rank, place, asks, kind, due_at, reason)
select
    r.case_no, r.rank, r.position,
    case when r.asks = 'exception' then 'exception' else 'wait' end,
    case r.asks when 'exception' then r.exception else r.asks end,
    case r.asks
        when 'wait' then r.until_at
        when 'unknown' then a.next_day
        else least(coalesce(x.due_at, a.next_day), a.due_ahead)
    end,
    case when r.asks = 'unknown' then 'otherwise' else '' end
from (
    select
        c.case_no, 0 as rank, b.position, b.exception, m.last_at as until_at,
        case
            when b.wait_id is not null and %(now)s <= m.last_at then 'wait'
            when b.exception is not null and (b.wait_id is null or m.case_no is not null) then 'exception'
        end as asks
    from e_asking as c
    inner join r_block as b on b.version_id = c.version_id and (b.tasks is null or c.task_kind = any(b.tasks))
    inner join e_answer as w on w.case_no = c.case_no and w.condition_id = b.when_id and w.at_least = 2
    left join e_moment as m on m.case_no = c.case_no and m.moment_id = b.wait_id
    union all
    select o.case_no, 2, o.position, o.exception, o.until_at, o.asks
    from e_otherwise as o
    where o.asks in ('unknown', 'wait', 'exception') and not exists (
        -- At an unknown one it stops.
        select
        from e_otherwise as b
        where b.case_no = o.case_no and b.asks = 'unknown' and b.position < o.position
    )
) as r
inner join e_asking as a on a.case_no = r.case_no
left join e_owner_due as x on x.zone = a.zone and x.reason = r.exception
where r.asks is not null;

-- An end that is unknown holds back what is new; a proof that is unknown past its due is verified by hand (17).
insert into e_ask (case_no, rank, place, asks, kind, due_at, reason)
select a.case_no, 1, 0, 'wait', 'unknown', a.next_day, e.reason
from e_asking as a
cross join lateral (
    select e.reason
    from e_end as n
    inner join r_end as e on e.version_id = a.version_id and e.position = n.position
    where n.case_no = a.case_no and n.at_least < 2 and n.at_most = 2
    order by n.position
    limit 1
) as e;
