-- reads: e_answer, e_case, e_day, e_hit, e_moment, e_pause, r_due, r_pause, r_stage
-- makes: e_paused
-- changes: e_clock

-- `pauses`: while a pause lasts the clock stands still. Clocks that count from a moment alone cannot stand still.
create temp table e_paused on commit drop as
with counted as (
    select distinct on (c.case_no, s.stage_no)
        c.case_no, c.person_id, c.zone, s.version_id, s.stage_no, m.first_at, m.last_at, m.base_first,
        m.by_number, m.by_unit
    from r_stage as s
    inner join e_case as c on c.version_id = s.version_id
    inner join r_due as d on d.version_id = s.version_id and d.stage_no = s.stage_no
    inner join e_moment as m on m.case_no = c.case_no and m.moment_id = d.moment_id
    left join e_answer as a on a.case_no = c.case_no and a.condition_id = d.when_id
    where s.clock_level = %(level)s and s.has_pauses and (d.when_id is null or a.at_least = 2)
    order by c.case_no, s.stage_no, d.position
),

-- what is not over yet is taken as if it ended now
stop as (
    select
        k.case_no,
        k.stage_no,
        range_agg(tstzrange(t.first_at, least(t.last_at, %(now)s), '[]')) as ranges
    from counted as k
    inner join r_pause as p on p.version_id = k.version_id and p.stage_no = k.stage_no
    inner join e_pause as x on x.case_no = k.case_no and x.condition_id = p.condition_id
    inner join e_hit as h on h.named_fact_id = x.named_fact_id and h.person_id = k.person_id and h.fact_no = x.fact_no
    cross join lateral (
        select
            coalesce(h.time_on::timestamp at time zone k.zone, h.time_at, '-infinity') as first_at,
            coalesce(
                (h.until_on + 1)::timestamp at time zone k.zone - interval '1 microsecond', h.until_at, 'infinity'
            ) as last_at
    ) as t
    where h.has_time and t.first_at <= %(now)s and k.by_unit is not null
    group by k.case_no, k.stage_no
)

select k.*, s.ranges
from counted as k
inner join stop as s on s.case_no = k.case_no and s.stage_no = k.stage_no;

-- a clock in hours stands still for as long as a pause lasts; one that has ended starts no more
update e_clock as c
set first_at = n.ends_at, last_at = n.ends_at
from (
    select k.case_no, k.stage_no, k.last_at + coalesce(sum(o.long) filter (where o.is_met), interval '0') as ends_at
    from e_paused as k
    left join lateral (
        select
            q.long,
            bool_and(q.begins_at < k.last_at + q.before) over (order by q.begins_at rows unbounded preceding) as is_met
        from (
            select
                l.begins_at,
                l.long,
                coalesce(
                    sum(l.long) over (order by l.begins_at rows between unbounded preceding and 1 preceding),
                    interval '0'
                ) as before
            from (
                select
                    greatest(lower(r.one), b.start_at) as begins_at,
                    upper(r.one) - greatest(lower(r.one), b.start_at) as long
                from unnest(k.ranges) as r (one)
                cross join (select k.last_at - make_interval(hours => k.by_number) as start_at) as b
                where upper(r.one) > b.start_at
            ) as l
        ) as q
    ) as o on true
    where k.by_unit = 'hours'
    group by k.case_no, k.stage_no, k.last_at
) as n
where c.case_no = n.case_no and c.stage_no = n.stage_no;

-- a day that a pause touches does not count
update e_clock as c
set
    first_at = n.day::timestamp at time zone n.zone,
    last_at = (n.day + 1)::timestamp at time zone n.zone - interval '1 microsecond'
from (
    select k.case_no, k.stage_no, k.zone, f.day
    from e_paused as k
    cross join lateral (
        select (k.base_first at time zone k.zone)::date as begun, (k.first_at at time zone k.zone)::date as due
    ) as b
    cross join lateral (
        select case when k.by_unit = 'business days' then k.by_number else b.due - b.begun end as days
    ) as w
    inner join lateral (
        select d.day
        from e_day as d
        where d.day > b.begun and (d.is_business or k.by_unit <> 'business days')
            and not k.ranges && tstzrange(
                d.day::timestamp at time zone k.zone, (d.day + 1)::timestamp at time zone k.zone, '[)'
            )
        order by d.day
        limit 1 offset w.days - 1
    ) as f on true
    where k.by_unit <> 'hours' and w.days > 0
) as n
where c.case_no = n.case_no and c.stage_no = n.stage_no;

update e_clock as c
set is_unsure = true
from r_stage as s, r_pause as p, e_answer as a, e_case as k, e_moment as m, r_due as d
where s.clock_level = %(level)s and s.has_pauses
    and p.version_id = s.version_id and p.stage_no = s.stage_no
    and a.case_no = c.case_no and a.condition_id = p.condition_id and a.at_least < 2 and a.at_most = 2
    and k.case_no = c.case_no and k.version_id = s.version_id and c.stage_no = s.stage_no
    and d.version_id = s.version_id and d.stage_no = s.stage_no
    and m.case_no = c.case_no and m.moment_id = d.moment_id and m.by_unit is not null
    and (m.first_at, m.last_at) is not null;

drop table e_paused;
