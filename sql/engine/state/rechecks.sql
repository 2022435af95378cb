-- reads: e_ask, e_attributed, e_behind, e_case, e_clock, e_due, e_due_day, e_escalation, e_final, e_hit,
--     e_meant, e_moment, e_pause, e_person, e_running, e_task, e_waiting, r_condition, r_moment, r_season,
--     r_soonest, r_version
-- makes: e_moving, e_recheck, e_watch, e_waits

-- When a case, or a trigger that waits, may change by time alone: never later than it does, so that a night leaves out
-- whom nothing has happened to. And which named facts a case waits for because a feed is behind.

-- What conditions that count from now look at. With days or longer their window moves at midnight. What may open a case
-- tonight is opened now.
create temp table e_moving on commit drop as
select
    k.condition_id,
    k.version_id,
    k.named_fact_id,
    m.moment_id,
    k.op = 'age' as is_age,
    n.anchor = 'opened' as is_of_candidates,
    coalesce(n.unit, 'hours') <> 'hours' as is_in_days,
    make_interval(hours => case when n.unit = 'hours' then n.number else 0 end) as shift
from r_condition as k
inner join r_moment as m on m.moment_id in (k.from_id, k.to_id, k.at_id)
left join r_soonest as s on s.moment_id = m.moment_id
inner join r_moment as n on n.moment_id = coalesce(s.part_id, m.moment_id)
where n.anchor in ('now', 'opened');

create temp table e_recheck on commit drop as
with looked_at as (
    select c.case_no, c.person_id, c.version_id, c.zone, c.is_candidate, v.activated_at, t.tomorrow
    from e_case as c
    inner join r_version as v on v.version_id = c.version_id
    cross join lateral (
        select (((%(now)s at time zone c.zone)::date + 1)::timestamp) at time zone c.zone as tomorrow
    ) as t
    where c.case_no in (select f.case_no from e_final as f) or c.case_no in (select w.case_no from e_waiting as w)
),

at as (
    -- clocks end, and what was waited for is over
    select d.case_no, d.last_at as ends_at
    from e_due as d
    union all
    select k.case_no, k.last_at
    from e_clock as k
    union all
    select a.case_no, a.due_at
    from e_ask as a
    where a.asks = 'wait'
    union all
    select s.case_no, s.ends_at
    from e_escalation as s
    union all
    select d.case_no, d.last_at
    from e_due_day as d
    union all
    select w.case_no, w.until_at
    from e_waiting as w
    union all
    select l.case_no, l.activated_at
    from looked_at as l
    union all
    -- facts enter and leave a window that moves with now
    select l.case_no, case when m.is_in_days then l.tomorrow else b.at - m.shift end
    from looked_at as l
    inner join e_moving as m on m.version_id = l.version_id and (l.is_candidate or not m.is_of_candidates)
    inner join e_hit as h on h.named_fact_id = m.named_fact_id and h.person_id = l.person_id
    cross join lateral (
        values
        (coalesce(h.time_on::timestamp at time zone l.zone, h.time_at)),
        (coalesce((h.until_on + 1)::timestamp at time zone l.zone - interval '1 microsecond', h.until_at))
    ) as b (at)
    where h.has_time
    union all
    -- the soonest of several is now until another has passed
    select l.case_no, e.last_at
    from looked_at as l
    inner join e_moving as m on m.version_id = l.version_id and (l.is_candidate or not m.is_of_candidates)
    inner join r_soonest as s on s.moment_id = m.moment_id
    inner join e_moment as e on e.case_no = l.case_no and e.moment_id = s.part_id
    union all
    -- a birthday
    select l.case_no, case when m.is_in_days then l.tomorrow else y.birthday::timestamp at time zone l.zone end
    from looked_at as l
    inner join e_moving as m
        on m.version_id = l.version_id and m.is_age and (l.is_candidate or not m.is_of_candidates)
    inner join e_person as p on p.person_id = l.person_id
    cross join lateral (
        select (p.born + make_interval(years => g.number))::date as birthday
        from generate_series(
            extract(year from %(now)s)::int - extract(year from p.born)::int,
            extract(year from %(now)s)::int - extract(year from p.born)::int + 1
        ) as g (number)
    ) as y
    union all
    -- a pause begins, or goes on
    select l.case_no, case when b.first_at > %(now)s then b.first_at when b.last_at >= %(now)s then l.tomorrow end
    from looked_at as l
    inner join e_pause as p on p.case_no = l.case_no
    inner join e_hit as h
        on h.named_fact_id = p.named_fact_id and h.person_id = l.person_id and h.fact_no = p.fact_no
    cross join lateral (
        select
            coalesce(h.time_on::timestamp at time zone l.zone, h.time_at, '-infinity') as first_at,
            coalesce((h.until_on + 1)::timestamp at time zone l.zone, h.until_at, 'infinity') as last_at
    ) as b
    union all
    -- a task of ours begins or ends
    select l.case_no, b.at
    from looked_at as l
    inner join e_task as t on t.person_id = l.person_id and t.version_id = l.version_id
    cross join lateral (values (t.begun_at), (t.ended_at)) as b (at)
)

select l.case_no, l.person_id, l.version_id, min(a.ends_at) filter (where a.ends_at >= %(now)s) as recheck_at
from looked_at as l
left join at as a on a.case_no = l.case_no
group by l.case_no, l.person_id, l.version_id;

create index on e_recheck (person_id);

-- When the next period of a workflow begins that opens one for each, for whom it is, or where a person is attributed
-- changes and with it the day.
create temp table e_watch on commit drop as
select m.person_id, m.version_id, min(n.at) as check_at
from e_meant as m
inner join r_version as v on v.version_id = m.version_id
left join e_running as r on r.person_id = m.person_id and r.version_id = m.version_id
cross join lateral (
    select (r.last_day + 1)::timestamp at time zone m.zone as at
    union all
    select s.first_day::timestamp at time zone m.zone
    from r_season as s
    where s.name = v.period
    union all
    -- the fact from which runs of days count may lie ahead
    select (m.today + 1)::timestamp at time zone m.zone
    where v.period = 'period' and r.person_id is null
    union all
    select b.at
    from e_attributed as a
    cross join lateral (values (a.first_at), (a.last_at)) as b (at)
    where a.person_id = m.person_id
) as n
where n.at >= %(now)s
group by m.person_id, m.version_id;

-- What is waited for: named facts that a condition of a case asks for and that a feed which is behind carries.
create temp table e_waits on commit drop as
select distinct c.case_no, c.person_id, k.named_fact_id
from e_case as c
inner join r_condition as k on k.version_id = c.version_id
inner join e_behind as b on b.person_id = c.person_id and b.named_fact_id = k.named_fact_id;
