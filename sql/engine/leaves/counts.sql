-- reads: e_asked, e_behind, e_hit, e_hit_code, e_link, e_match, e_set_aside, r_condition
-- makes: e_counted
-- changes: e_answer

-- `exists`, `none` and `count` of a level: how many records, or how many of their days, codes or links (12), decided
-- early where more facts cannot change it, else unknown while more could come (15).

create temp table e_counted on commit drop as
select m.case_no, m.condition_id, m.fact_no, m.position, v.counted
from e_match as m
inner join e_asked as a on a.case_no = m.case_no and a.condition_id = m.condition_id and a.op in ('exists', 'none', 'count')
inner join e_hit as h on h.named_fact_id = m.named_fact_id and h.person_id = a.person_id and h.fact_no = m.fact_no
cross join lateral (
    select
        case coalesce(a.counts, 'record')
            when 'record' then m.source || '|' || m.reference
            when 'day' then coalesce(h.moment_on, (h.moment_at at time zone a.zone)::date)::text
            when 'code' then (
                select c.system || '|' || c.code
                from e_hit_code as c
                where c.named_fact_id = m.named_fact_id and c.fact_no = m.fact_no
                order by c.system, c.code
                limit 1
            )
            else (
                select l.namespace || '|' || l.id
                from e_link as l
                where l.fact_no = m.fact_no and l.slot = a.counts
                order by l.namespace, l.id
                limit 1
            )
        end as counted
) as v
where m.how = 2;

analyze e_counted;

insert into e_answer (case_no, condition_id, at_least, at_most, by, last_position, at_first, at_last)
with found as (
    select c.case_no, c.condition_id, count(*) as number, array_agg(c.fact_no order by c.position) as facts
    from (
        select distinct on (e.case_no, e.condition_id, e.counted) e.case_no, e.condition_id, e.fact_no, e.position
        from e_counted as e
        where e.counted is not null
        order by e.case_no, e.condition_id, e.counted, e.position
    ) as c
    group by c.case_no, c.condition_id
),

unclear as (
    select u.case_no, u.condition_id, count(*) as number
    from (
        select m.case_no, m.condition_id
        from e_match as m
        where m.how = 1
        union all
        -- what is counted by something that it does not say
        select e.case_no, e.condition_id
        from e_counted as e
        inner join r_condition as k on k.condition_id = e.condition_id and k.takes_unclear
        where e.counted is null
    ) as u
    group by u.case_no, u.condition_id
),

truth as (
    select
        a.case_no,
        a.condition_id,
        a.person_id,
        a.zone,
        a.named_fact_id,
        a.op,
        a.decides,
        a.at_least::int as wanted,
        f.facts,
        n.least >= a.at_least as is_enough,
        w.more or n.most >= a.at_least as may_be_enough,
        a.at_most is null or (n.most <= a.at_most and not w.more) as is_within,
        a.at_most is null or n.least <= a.at_most as may_be_within
    from e_asked as a
    left join found as f on f.case_no = a.case_no and f.condition_id = a.condition_id
    left join unclear as u on u.case_no = a.case_no and u.condition_id = a.condition_id
    left join e_set_aside as s on s.person_id = a.person_id and s.named_fact_id = a.named_fact_id
    left join e_behind as b on b.person_id = a.person_id and b.named_fact_id = a.named_fact_id
    cross join lateral (
        select
            coalesce(f.number, 0) as least,
            coalesce(f.number, 0) + coalesce(u.number, 0) + coalesce(s.rows, 0) as most
    ) as n
    cross join lateral (select coalesce(b.complete_at < least(a.last_at, %(now)s), false) as more) as w
    where a.op in ('exists', 'none', 'count')
)

select
    t.case_no,
    t.condition_id,
    case when t.op = 'none' then 2 - v.at_most else v.at_least end as at_least,
    case when t.op = 'none' then 2 - v.at_least else v.at_most end as at_most,
    e.by,
    e.last_position,
    e.at_first,
    e.at_last
from truth as t
cross join lateral (
    select
        case when t.is_enough and t.is_within then 2 else 0 end as at_least,
        case when (t.is_enough or t.may_be_enough) and t.may_be_within then 2 else 0 end as at_most
) as v
left join lateral (
    select
        t.facts[:t.wanted] as by,
        h.position as last_position,
        coalesce(h.made_on::timestamp at time zone t.zone, h.made_at) as at_first,
        coalesce((h.made_on + 1)::timestamp at time zone t.zone - interval '1 microsecond', h.made_at) as at_last
    from e_hit as h
    where h.named_fact_id = t.named_fact_id and h.person_id = t.person_id and h.fact_no = t.facts[t.wanted]
) as e on t.decides = 'proof' and t.op <> 'none' and v.at_least = 2;

drop table e_counted;
