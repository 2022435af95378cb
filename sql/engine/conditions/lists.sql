-- reads: e_answer, r_condition, r_part
-- changes: e_answer

-- `all`, `any`, `first_of` and `not` of a level and a depth. `all` is as good as the worst of its parts, `any` and
-- `first_of` as the best; of what is left out nothing is asked (29).
insert into e_answer (case_no, condition_id, at_least, at_most, by, last_position, at_first, at_last)
with truth as (
    select
        a.case_no,
        k.condition_id,
        k.op,
        k.decides,
        case k.op when 'all' then min(a.at_least) when 'not' then 2 - min(a.at_most)
        else max(a.at_least) end::smallint as at_least,
        case k.op when 'all' then min(a.at_most) when 'not' then 2 - min(a.at_least)
        else max(a.at_most) end::smallint as at_most
    from r_condition as k
    inner join r_part as p on p.condition_id = k.condition_id
    inner join e_answer as a on a.condition_id = p.part_id
    where k.level = %(level)s and k.depth = %(depth)s
    group by a.case_no, k.condition_id, k.op, k.decides
)

select t.case_no, t.condition_id, t.at_least, t.at_most, e.by, e.last_position, e.at_first, e.at_last
from truth as t
-- evidence is asked of proofs alone: `any` takes the part whose fact is first in the person's order, `first_of` the
-- first that holds, `all` holds from when the last of its parts held (10)
left join lateral (
    select o.by, o.last_position, o.at_first, o.at_last
    from (
        select a.by, a.last_position, a.at_first, a.at_last, p.position
        from r_part as p
        inner join e_answer as a on a.condition_id = p.part_id and a.case_no = t.case_no
        where p.condition_id = t.condition_id and t.op in ('any', 'first_of') and a.at_least = 2 and cardinality(a.by) > 0
        order by case when t.op = 'any' then a.last_position end, p.position
        limit 1
    ) as o
    union all
    select w.by, w.last_position, w.at_first, w.at_last
    from (
        select
            (
                select array_agg(u.fact_no order by p.position, u.number)
                from r_part as p
                inner join e_answer as a on a.condition_id = p.part_id and a.case_no = t.case_no
                cross join lateral unnest(a.by) with ordinality as u (fact_no, number)
                where p.condition_id = t.condition_id
            ) as by,
            (
                select a.last_position
                from r_part as p
                inner join e_answer as a on a.condition_id = p.part_id and a.case_no = t.case_no
                where p.condition_id = t.condition_id and cardinality(a.by) > 0
                order by p.position desc
                limit 1
            ) as last_position,
            l.at_first,
            l.at_last
        from (
            select a.at_first, a.at_last
            from r_part as p
            inner join e_answer as a on a.condition_id = p.part_id and a.case_no = t.case_no
            where p.condition_id = t.condition_id and t.op = 'all' and a.at_first is not null
            order by a.at_first desc, p.position
            limit 1
        ) as l
    ) as w
) as e on t.decides = 'proof' and t.at_least = 2;
