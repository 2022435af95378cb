-- reads: e_asked, e_behind, e_fact, e_hit, e_match, e_set_aside, r_named_fact
-- makes: e_added
-- changes: e_answer, e_total

-- `sum` of a level: values of one unit, in the person's order; decided early only for kinds that cannot be negative (15).
create temp table e_added on commit drop as
with found as (
    select
        m.case_no, m.condition_id, m.fact_no, m.position, m.how, f.value, f.unit,
        first_value(f.unit) over w as unit_asked
    from e_match as m
    inner join e_asked as a on a.case_no = m.case_no and a.condition_id = m.condition_id and a.op = 'sum'
    inner join e_fact as f on f.fact_no = m.fact_no
    window w as (
        partition by m.case_no, m.condition_id
        order by (m.how = 2 and f.value is not null) desc, m.position
        rows between unbounded preceding and unbounded following
    )
)

select
    f.*,
    f.how = 2 and f.value is not null and coalesce(f.unit, '') = coalesce(f.unit_asked, '') as is_added
from found as f;

create index on e_added (case_no, condition_id);

analyze e_added;

insert into e_total (case_no, condition_id, total, may_grow)
select
    a.case_no,
    a.condition_id,
    coalesce(sum(f.value) filter (where f.how = 2), 0) as total,
    coalesce(bool_or(f.how = 1), false) or coalesce(max(s.rows), 0) > 0
    or coalesce(bool_or(b.complete_at < least(a.last_at, %(now)s)), false) as may_grow
from e_asked as a
left join e_added as f on f.case_no = a.case_no and f.condition_id = a.condition_id
left join e_set_aside as s on s.person_id = a.person_id and s.named_fact_id = a.named_fact_id
left join e_behind as b on b.person_id = a.person_id and b.named_fact_id = a.named_fact_id
where a.op = 'sum'
group by a.case_no, a.condition_id;

insert into e_answer (case_no, condition_id, at_least, at_most, by, last_position, at_first, at_last)
with summed as (
    select
        f.case_no,
        f.condition_id,
        sum(f.value) filter (where f.is_added) as total,
        bool_or(not f.is_added) as is_unclear
    from e_added as f
    group by f.case_no, f.condition_id
),

truth as (
    select
        a.case_no,
        a.condition_id,
        a.person_id,
        a.zone,
        a.named_fact_id,
        a.decides,
        coalesce(a.at_least, 0) as wanted,
        (a.at_least is null or ((u.is_known or u.is_early) and n.total >= a.at_least))
        and (a.at_most is null or (u.is_known and n.total <= a.at_most)) as is_so,
        (a.at_least is null or n.total >= a.at_least or not u.is_known)
        and (a.at_most is null or n.total <= a.at_most or not (u.is_known or u.is_early)) as may_be_so
    from e_asked as a
    inner join r_named_fact as r on r.named_fact_id = a.named_fact_id
    left join summed as d on d.case_no = a.case_no and d.condition_id = a.condition_id
    left join e_set_aside as s on s.person_id = a.person_id and s.named_fact_id = a.named_fact_id
    left join e_behind as b on b.person_id = a.person_id and b.named_fact_id = a.named_fact_id
    cross join lateral (select coalesce(d.total, 0) as total) as n
    cross join lateral (
        select
            coalesce(b.complete_at >= least(a.last_at, %(now)s), true) and coalesce(not d.is_unclear, true)
            and coalesce(s.rows, 0) = 0 as is_known,
            (r.kinds && %(may_be_negative)s::text[]) = false as is_early
    ) as u
    where a.op = 'sum'
)

select
    t.case_no,
    t.condition_id,
    case when t.is_so then 2 else 0 end as at_least,
    case when t.may_be_so then 2 else 0 end as at_most,
    e.by,
    h.position as last_position,
    coalesce(h.made_on::timestamp at time zone t.zone, h.made_at) as at_first,
    coalesce((h.made_on + 1)::timestamp at time zone t.zone - interval '1 microsecond', h.made_at) as at_last
from truth as t
-- as many of them as it takes to reach what is wanted
left join lateral (
    select array_agg(r.fact_no order by r.position) as by
    from (
        -- a value below zero does not bring back what was reached before
        select o.fact_no, o.position, max(o.before) over (order by o.position rows unbounded preceding) as most_before
        from (
            select
                f.fact_no,
                f.position,
                coalesce(
                    sum(f.value) over (order by f.position rows between unbounded preceding and 1 preceding), 0
                ) as before
            from e_added as f
            where f.case_no = t.case_no and f.condition_id = t.condition_id and f.is_added
        ) as o
    ) as r
    where r.most_before < t.wanted
) as e on t.decides = 'proof' and t.is_so
left join e_hit as h
    on h.named_fact_id = t.named_fact_id and h.person_id = t.person_id and h.fact_no = e.by[cardinality(e.by)];

drop table e_added;
