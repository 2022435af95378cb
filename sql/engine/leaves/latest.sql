-- reads: e_asked, e_behind, e_coding, e_hit, e_match, e_set_aside, r_latest_code
-- changes: e_answer

-- `latest` of a level: which codes the newest has; unknown while a feed is behind or a newer record is unclear, save in
-- `blocks`, which take what is known (15).
insert into e_answer (case_no, condition_id, at_least, at_most, by, last_position, at_first, at_last)
select
    a.case_no,
    a.condition_id,
    case when u.is_unknown then 0 when c.is_so then 2 else 0 end as at_least,
    case when u.is_unknown then 2 when c.is_so then 2 else 0 end as at_most,
    case when p.is_proof then array[n.fact_no] end as by,
    case when p.is_proof then n.position end as last_position,
    case when p.is_proof then n.at_first end as at_first,
    case when p.is_proof then n.at_last end as at_last
from e_asked as a
left join lateral (
    select
        m.fact_no,
        m.position,
        coalesce(h.made_on::timestamp at time zone a.zone, h.made_at) as at_first,
        coalesce((h.made_on + 1)::timestamp at time zone a.zone - interval '1 microsecond', h.made_at) as at_last
    from e_match as m
    inner join e_hit as h on h.named_fact_id = a.named_fact_id and h.person_id = a.person_id and h.fact_no = m.fact_no
    where m.case_no = a.case_no and m.condition_id = a.condition_id and m.how = 2
    order by m.position desc
    limit 1
) as n on true
left join e_set_aside as s on s.person_id = a.person_id and s.named_fact_id = a.named_fact_id
left join e_behind as b on b.person_id = a.person_id and b.named_fact_id = a.named_fact_id
left join lateral (
    select bool_or(true) as is_so
    from e_match as m
    where m.case_no = a.case_no and m.condition_id = a.condition_id and m.how = 1
        and (n.position is null or m.position > n.position)
) as v on true
left join lateral (
    select bool_or(true) as is_so
    from e_coding as o
    inner join r_latest_code as l
        on l.condition_id = a.condition_id and l.code = o.code and (l.system is null or l.system = o.system)
    where o.fact_no = n.fact_no
) as c on true
cross join lateral (
    select
        not a.takes_known
        and (
            coalesce(v.is_so, false) or coalesce(s.rows, 0) > 0
            or coalesce(b.complete_at < least(a.last_at, %(now)s), false)
        ) as is_unknown
) as u
cross join lateral (select a.decides = 'proof' and c.is_so and not u.is_unknown as is_proof) as p
where a.op = 'latest';

drop table e_match;

drop table e_asked;

drop table e_anchor;

drop table e_newest;
