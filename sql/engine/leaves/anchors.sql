-- reads: e_case, e_fact, e_link, e_proof, r_condition, r_moment, r_same, r_season
-- makes: e_anchor

-- What the conditions of a level, and its moments that count from a fact, have to share with the trigger or with the
-- facts of a stage (14): ids of a slot, the record itself, or the days of a period. `is_there` is false while the stage
-- is not proven: not yet (16).
create temp table e_anchor on commit drop as
with owner as (
    select k.condition_id as owner_id, k.version_id
    from r_condition as k
    where k.level = %(level)s
    union all
    select m.moment_id as owner_id, m.version_id
    from r_moment as m
    where m.level = %(level)s and m.anchor = 'fact'
),

asked as (
    select
        c.case_no,
        c.zone,
        c.period,
        c.period_first,
        c.period_last,
        s.owner_id,
        s.slot,
        s.is_period,
        s.stage_no is null or (p.at_least = 2 and p.at_first is not null) as is_there,
        case when s.stage_no is null then array[c.trigger_no] else p.by end as facts,
        case when s.stage_no is null then c.trigger_first else p.at_first end as first_at,
        s.stage_no is null or (p.at_first, p.at_last) = (c.trigger_first, c.trigger_last) as is_of_trigger
    from owner as o
    inner join r_same as s on s.owner_id = o.owner_id
    inner join e_case as c on c.version_id = o.version_id
    left join e_proof as p on p.case_no = c.case_no and p.stage_no = s.stage_no
)

select
    a.case_no,
    a.owner_id,
    a.slot,
    a.is_period,
    coalesce(a.is_there, false) as is_there,
    case
        when a.is_period then null
        when a.slot = 'record' then (
            select array_agg(f.source || '|' || f.reference)
            from e_fact as f
            where f.fact_no = any(a.facts)
        )
        else (
            select array_agg(distinct l.link_key)
            from e_link as l
            where l.fact_no = any(a.facts) and l.slot = a.slot
        )
    end as keys,
    d.first_day::timestamp at time zone a.zone as first_at,
    (d.last_day + 1)::timestamp at time zone a.zone - interval '1 microsecond' as last_at
from asked as a
left join lateral (
    select
        case
            when a.period = a.slot and a.is_of_trigger then a.period_first
            when n.name is not null then n.first_day
            when a.slot in ('month', 'quarter', 'year') then date_trunc(a.slot, t.day)::date
        end as first_day,
        case
            when a.period = a.slot and a.is_of_trigger then a.period_last
            when n.name is not null then n.last_day
            when a.slot in ('month', 'quarter', 'year')
                then (date_trunc(a.slot, t.day) + ('1 ' || a.slot)::interval)::date - 1
        end as last_day
    from (select (a.first_at at time zone a.zone)::date as day) as t
    left join lateral (
        select s.name, s.first_day, s.last_day
        from r_season as s
        where s.name = a.slot and t.day between s.first_day and s.last_day
        order by s.first_day
        limit 1
    ) as n on true
) as d on a.is_period;

create index on e_anchor (case_no, owner_id);

analyze e_anchor;
