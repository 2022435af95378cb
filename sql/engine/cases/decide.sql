-- reads: e_answer, e_business, e_case, e_day, e_due_day, e_link, e_trigger, r_version
-- makes: e_opening, e_pair

-- Which candidates open a case, which join one, and which wait and why (rules 17, 18, 21 to 23).

-- What each candidate would do alone. `why` is empty if it opens none as things stand.
create temp table e_opening on commit drop as
with counted as (
    -- A length from the trigger, and one before activation, in the zone of the case.
    select c.case_no, b.use, b.first_at, b.last_at, b.number, b.unit, c.zone
    from e_case as c
    inner join r_version as v on v.version_id = c.version_id
    cross join lateral (values
        ('known', c.trigger_first, c.trigger_last, v.known_number, v.known_unit),
        (
            'active', v.activated_at, v.activated_at,
            -coalesce(v.known_number, 0), coalesce(v.known_unit, 'hours')
        )
    ) as b (use, first_at, last_at, number, unit)
    where c.is_candidate and c.trigger_no is not null and b.unit is not null and b.first_at is not null
),

reached as (
    select
        k.case_no, k.use,
        case
            when k.unit = 'hours' then k.first_at + make_interval(hours => k.number)
            else d.day::timestamp at time zone k.zone
        end as first_at,
        case
            when k.unit = 'hours' then k.last_at + make_interval(hours => k.number)
            else (d.day + 1)::timestamp at time zone k.zone - interval '1 microsecond'
        end as last_at
    from counted as k
    cross join lateral (select (k.first_at at time zone k.zone)::date as day) as o
    left join e_day as e on e.day = o.day and k.unit = 'business days'
    left join e_business as b
        on b.number = e.upto + k.number + case when k.number < 0 then 1 - e.is_business::int else 0 end
    cross join lateral (
        select case k.unit
            when 'business days' then case when k.number = 0 then o.day else b.day end
            when 'weeks' then o.day + 7 * k.number
            when 'months' then (o.day + make_interval(months => k.number))::date
            when 'years' then (o.day + make_interval(years => k.number))::date
            else o.day + k.number
        end as day
    ) as d
)

select
    c.case_no, c.person_id, c.version_id, c.trigger_no, c.trigger_key, c.position, c.how, v.once_per,
    w.opens and c.how = 2 as opens,
    case when c.how < 2 then 'unclear' else w.why end as why
from e_case as c
inner join r_version as v on v.version_id = c.version_id
left join reached as k on k.case_no = c.case_no and k.use = 'known'
left join reached as a on a.case_no = c.case_no and a.use = 'active'
left join e_due_day as d on d.case_no = c.case_no
left join e_answer as u on u.case_no = c.case_no and u.condition_id = v.unless_id
left join e_answer as p on p.case_no = c.case_no and p.condition_id = v.population_id
cross join lateral (
    select w.opens, w.why
    from (values
        (1, %(now)s < v.activated_at or c.trigger_last < a.first_at or c.learned_at > k.last_at, false, ''),
        (2, v.has_wait and (d.case_no is null or %(now)s <= d.last_at), false, 'wait'),
        (3, u.at_least < 2 and u.at_most = 2, false, 'unless unknown'),
        (4, u.at_least = 2, false, ''),
        (5, p.at_least < 2 and p.at_most = 2, false, 'population unknown'),
        (6, coalesce(p.at_least, 2) = 2, true, ''),
        (7, true, false, '')
    ) as w (rank, holds, opens, why)
    where w.holds
    order by w.rank
    limit 1
) as w
where c.is_candidate;

create unique index on e_opening (case_no);
analyze e_opening;

-- Two triggers of a person that one case may have: of a slot or the person, or within a length of the first, which is
-- not chained; a late one from before the first joins, too (21).
create temp table e_pair on commit drop as
select
    o.case_no, t.fact_no as trigger_no,
    c.trigger_first < t.first_at as is_earlier,
    (c.trigger_first, c.trigger_key collate "C") > (t.first_at, t.reference collate "C") as is_newer
from e_opening as o
inner join e_case as c on c.case_no = o.case_no
inner join r_version as v on v.version_id = o.version_id
inner join e_trigger as t
    on t.person_id = o.person_id and t.version_id = o.version_id and t.how = 2 and t.fact_no <> c.trigger_no
cross join lateral (
    select
        least(c.trigger_first, t.first_at) as early_at,
        greatest(c.trigger_first, t.first_at) as late_at,
        case when t.first_at < c.trigger_first then t.last_at else c.trigger_last end as early_until
) as s
cross join lateral (select (s.early_at at time zone c.zone)::date as day) as a
left join e_day as e on e.day = a.day and v.once_unit = 'business days'
left join e_business as b on b.number = e.upto + v.once_number
where o.how = 2 and case v.once_per
    when 'event' then false
    when 'person' then true
    when 'within' then s.late_at <= case v.once_unit
        when 'hours' then s.early_until + make_interval(hours => v.once_number)
        else (case v.once_unit
            when 'business days' then b.day
            when 'weeks' then a.day + 7 * v.once_number
            when 'months' then (a.day + make_interval(months => v.once_number))::date
            when 'years' then (a.day + make_interval(years => v.once_number))::date
            else a.day + v.once_number
        end + 1)::timestamp at time zone c.zone - interval '1 microsecond'
    end
    else exists (
        select
        from e_link as x
        inner join e_link as y on y.slot = x.slot and y.link_key = x.link_key
        where x.fact_no = c.trigger_no and y.fact_no = t.fact_no and x.slot = v.once_per
    )
end;

create index on e_pair (case_no, trigger_no);
analyze e_pair;
