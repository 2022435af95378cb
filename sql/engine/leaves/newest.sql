-- reads: e_anchor, e_case, e_fact, e_hit, e_link, r_moment, r_version
-- makes: e_newest

-- A fact's name as a moment is the newest standing one that satisfies the `same` of its line (11).
create temp table e_newest on commit drop as
select distinct on (c.case_no, m.moment_id)
    c.case_no,
    m.moment_id,
    coalesce(h.moment_on::timestamp at time zone c.zone, h.moment_at) as first_at,
    coalesce((h.moment_on + 1)::timestamp at time zone c.zone - interval '1 microsecond', h.moment_at) as last_at
from r_moment as m
inner join r_version as v on v.version_id = m.version_id
inner join e_case as c on c.version_id = m.version_id
inner join e_hit as h on h.named_fact_id = m.named_fact_id and h.person_id = c.person_id and h.how = 2
where m.level = %(level)s and m.anchor = 'fact' and num_nonnulls(h.moment_at, h.moment_on) > 0
    and (
        h.kind <> 'case'
        or exists (
            select
            from e_fact as f
            where f.fact_no = h.fact_no
                and (
                    f.detail ->> 'workflow' <> v.workflow
                    or ((f.detail ->> 'trigger_first')::timestamptz, f.detail ->> 'trigger_key')
                    < (c.trigger_first, c.trigger_key)
                )
        )
    )
    and not exists (
        select
        from e_anchor as n
        cross join lateral (
            select
                coalesce(h.time_on::timestamp at time zone c.zone, h.time_at, '-infinity') as first_at,
                greatest(
                    h.time_on::timestamp at time zone c.zone, h.time_at, '-infinity',
                    coalesce(
                        (h.until_on + 1)::timestamp at time zone c.zone - interval '1 microsecond', h.until_at, 'infinity'
                    )
                ) as last_at
        ) as t
        where n.case_no = c.case_no and n.owner_id = m.moment_id
            and not coalesce(
                n.is_there
                and case
                    when n.is_period then h.has_time and t.first_at <= n.last_at and n.first_at <= t.last_at
                    when n.slot = 'record' then h.source || '|' || h.reference = any(n.keys)
                    else exists (
                        select
                        from e_link as l
                        where l.fact_no = h.fact_no and l.slot = n.slot and l.link_key = any(n.keys)
                    )
                end,
                false
            )
    )
order by c.case_no, m.moment_id, h.position desc;
