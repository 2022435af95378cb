-- reads: e_coding, e_described, e_fact, e_hit, r_condition, r_fact_code, r_named_fact
-- changes: e_hit, e_hit_code

-- Hits: standing facts that a named fact means, whoever names it. Each has its times ready: the one that windows use,
-- from time to until (of a kind that lasts the whole period, 5), the one that it is as a moment, and the one at which
-- a stage is proven by it, which is when the record was made (8).

insert into e_hit (
    named_fact_id, person_id, fact_no, position, how, kind, source, reference, has_time, time_at, time_on, until_at,
    until_on, moment_at, moment_on, made_at, made_on
)
select
    d.named_fact_id,
    f.person_id,
    f.fact_no,
    f.position,
    d.how,
    f.kind,
    f.source,
    f.reference,
    p.is_period or num_nonnulls(t.at, t.day) > 0 as has_time,
    case when p.is_period then s.at else t.at end as time_at,
    case when p.is_period then s.day else t.day end as time_on,
    case when p.is_period then f.ends_at - interval '1 microsecond' else t.at end as until_at,
    case when p.is_period then f.ends_on else t.day end as until_on,
    m.at as moment_at,
    m.day as moment_on,
    case when num_nonnulls(f.occurred_at, f.occurred_on) > 0 and not f.is_lasting then f.occurred_at else m.at end as made_at,
    case when num_nonnulls(f.occurred_at, f.occurred_on) > 0 and not f.is_lasting then f.occurred_on else m.day end as made_on
from e_described as d
inner join e_fact as f on f.version_no = d.version_no
inner join r_named_fact as n on n.named_fact_id = d.named_fact_id
cross join lateral (select n.time is null and f.is_lasting as is_period) as p
cross join lateral (
    select
        case coalesce(n.time, 'occurred')
            when 'occurred' then f.occurred_at when 'starts' then f.starts_at when 'ends' then f.ends_at
            when 'issued' then f.issued_at when 'collected' then f.collected_at when 'value' then f.value_at
        end as at,
        case coalesce(n.time, 'occurred')
            when 'occurred' then f.occurred_on when 'starts' then f.starts_on when 'ends' then f.ends_on
            when 'issued' then f.issued_on when 'collected' then f.collected_on when 'value' then f.value_on
        end as day
) as t
cross join lateral (
    select
        case when num_nonnulls(f.starts_at, f.starts_on) > 0 then f.starts_at else f.occurred_at end as at,
        case when num_nonnulls(f.starts_at, f.starts_on) > 0 then f.starts_on else f.occurred_on end as day
) as s
cross join lateral (
    select
        case when not p.is_period then t.at when num_nonnulls(s.at, s.day) = 0 then '-infinity' else s.at end as at,
        case when p.is_period then s.day else t.day end as day
) as m
where (f.kind = 'case') = %(with_cases)s;

analyze e_hit;

-- the codings by which a fact is what a named fact says
insert into e_hit_code (named_fact_id, fact_no, system, code)
select distinct h.named_fact_id, h.fact_no, c.system, c.code
from e_hit as h
inner join r_named_fact as n on n.named_fact_id = h.named_fact_id
inner join e_coding as c on c.fact_no = h.fact_no
left join r_fact_code as r
    on r.named_fact_id = h.named_fact_id and r.code = c.code and (r.system is null or r.system = c.system)
where (not n.has_codes or r.code is not null)
    and (h.kind = 'case') = %(with_cases)s
    and h.named_fact_id in (select k.named_fact_id from r_condition as k where k.counts = 'code');
