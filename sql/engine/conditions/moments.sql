-- reads: e_business, e_case, e_day, e_due_day, e_newest, e_proof, e_skip, r_moment, r_season
-- changes: e_moment

-- Moments of a level: what each counts from, and a length from there. With hours it is an instant, with days or longer
-- a whole local day (1); the n-th business day is strictly after or before, months keep the day's number (3).
insert into e_moment (case_no, moment_id, first_at, last_at, base_first, by_number, by_unit)
with asked as (
    select c.case_no, c.zone, m.moment_id, m.anchor, m.stage_no, m.period, m.is_clock, m.number, m.unit
    from r_moment as m
    inner join e_case as c on c.version_id = m.version_id
    where m.level = %(level)s and m.anchor <> 'soonest'
),

base as (
    select a.case_no, a.zone, a.moment_id, a.number, a.unit, s.first_at, s.last_at
    from asked as a
    inner join e_case as c on c.case_no = a.case_no
    cross join lateral (
        select
            case a.anchor when 'trigger' then c.trigger_first when 'now' then %(now)s::timestamptz
            else coalesce(c.opened_at, %(now)s) end as first_at,
            case a.anchor when 'trigger' then c.trigger_last when 'now' then %(now)s::timestamptz
            else coalesce(c.opened_at, %(now)s) end as last_at
    ) as s
    where a.anchor in ('trigger', 'now', 'opened')
    union all
    select a.case_no, a.zone, a.moment_id, a.number, a.unit, d.first_at, d.last_at
    from asked as a
    inner join e_due_day as d on d.case_no = a.case_no
    where a.anchor = 'due_day'
    union all
    select a.case_no, a.zone, a.moment_id, a.number, a.unit, n.first_at, n.last_at
    from asked as a
    inner join e_newest as n on n.case_no = a.case_no and n.moment_id = a.moment_id
    where a.anchor = 'fact'
    union all
    -- a clock from a skipped stage counts from the trigger (25)
    select
        a.case_no, a.zone, a.moment_id, a.number, a.unit,
        case when p.at_least = 2 then p.at_first else c.trigger_first end as first_at,
        case when p.at_least = 2 then p.at_last else c.trigger_last end as last_at
    from asked as a
    inner join e_case as c on c.case_no = a.case_no
    inner join e_proof as p on p.case_no = a.case_no and p.stage_no = a.stage_no
    left join e_skip as k on k.case_no = a.case_no and k.stage_no = a.stage_no
    where a.anchor = 'stage'
        and case when p.at_least = 2 then p.at_first is not null else a.is_clock and k.at_least = 2 end
    union all
    -- a period and its end are those that the trigger lies in; a case of a period has its own
    select a.case_no, a.zone, a.moment_id, a.number, a.unit, i.at as first_at, i.at as last_at
    from asked as a
    inner join e_case as c on c.case_no = a.case_no
    cross join lateral (select (c.trigger_first at time zone c.zone)::date as day) as t
    left join lateral (
        select s.name, s.first_day, s.last_day
        from r_season as s
        where s.name = a.period and t.day between s.first_day and s.last_day
        order by s.first_day
        limit 1
    ) as n on true
    cross join lateral (
        select
            case when c.period = a.period then c.period_first
            when n.name is not null then n.first_day
            when a.period in ('month', 'quarter', 'year') then date_trunc(a.period, t.day)::date end as first_day,
            case when c.period = a.period then c.period_last
            when n.name is not null then n.last_day
            when a.period in ('month', 'quarter', 'year')
                then (date_trunc(a.period, t.day) + ('1 ' || a.period)::interval)::date - 1 end as last_day
    ) as d
    cross join lateral (
        select
            case when a.anchor = 'period' then d.first_day::timestamp at time zone c.zone
            else (d.last_day + 1)::timestamp at time zone c.zone - interval '1 microsecond' end as at
    ) as i
    where a.anchor in ('period', 'period_end') and d.first_day is not null
),

moved as (
    select
        b.case_no, b.zone, b.moment_id, b.number, b.unit, b.first_at, b.last_at,
        case b.unit
            when 'days' then l.day + b.number
            when 'weeks' then l.day + 7 * b.number
            when 'months' then (l.day + make_interval(months => b.number))::date
            when 'years' then (l.day + make_interval(years => b.number))::date
            when 'business days' then case when b.number = 0 then l.day else n.day end
        end as day
    from base as b
    cross join lateral (select (b.first_at at time zone b.zone)::date as day) as l
    left join e_day as d on b.unit = 'business days' and d.day = l.day
    left join e_business as n
        on n.number = case when b.number > 0 then d.upto + b.number else d.upto - d.is_business::int + b.number + 1 end
)

select
    m.case_no,
    m.moment_id,
    case when m.unit is null then m.first_at
    when m.unit = 'hours' then m.first_at + make_interval(hours => m.number)
    else m.day::timestamp at time zone m.zone end as first_at,
    case when m.unit is null then m.last_at
    when m.unit = 'hours' then m.last_at + make_interval(hours => m.number)
    else (m.day + 1)::timestamp at time zone m.zone - interval '1 microsecond' end as last_at,
    m.first_at as base_first,
    m.number,
    m.unit
from moved as m
where m.unit is null or m.unit = 'hours' or m.day is not null;
