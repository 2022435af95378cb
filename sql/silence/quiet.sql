-- reads: cases.workflow_version, operations.feed, operations.night, operations.signal, stated_kind
-- makes: w_quiet

-- Workflows and kinds of fact that are silent: for longer than `times_the_gap` times the longest gap between two
-- signals in the 90 days before they fell silent, and for at least `least_days`. A gap that began before those 90
-- days counts in full. Weekends, holidays and missed nights count as gaps. At least `least_gaps` gaps are needed,
-- because with few signals the longest gap is not known yet.
create temp table w_quiet on commit drop as
with watched as (
    select 'workflow' as about_kind, v.workflow as about_id, v.definition ->> 'owner_team' as owner_team
    from cases.workflow_version as v
    where v.status = 'active'
    union all
    -- Feeds that answer our requests are excluded: they are silent when we ask nothing, and a missing answer is
-- reported elsewhere.
    select 'facts' as about_kind, concat_ws('/', f.source, k.kind) as about_id, min(f.owner_team) as owner_team
    from operations.feed as f
    inner join stated_kind as k on k.feed = f.feed
    where f.volume <> 'asked'
    group by f.source, k.kind
)

select
    w.about_kind,
    w.about_id,
    w.owner_team,
    l.last_day,
    %(business_date)s::date - l.last_day as silent_days,
    g.longest as longest_gap_days
from watched as w
cross join lateral (
    select s.on_day as last_day
    from operations.signal as s
    where s.about_kind = w.about_kind and s.about_id = w.about_id
    order by s.on_day desc
    limit 1
) as l
cross join lateral (
    select s.seq as first_seq
    from operations.signal as s
    where s.about_kind = w.about_kind and s.about_id = w.about_id
    order by s.on_day, s.seq
    limit 1
) as f
cross join lateral (
    select max(each.gap) as longest, count(*) filter (where each.gap > 0) as gaps
    from (
        select s.on_day, s.on_day - lag(s.on_day) over (order by s.on_day) as gap
        from operations.signal as s
        where s.about_kind = w.about_kind and s.about_id = w.about_id
            and s.on_day >= coalesce((
                select max(e.on_day)
                from operations.signal as e
                where e.about_kind = w.about_kind and e.about_id = w.about_id
                    and e.on_day <= l.last_day - %(gap_days)s::int
            ), '-infinity')
    ) as each
    where each.on_day > l.last_day - %(gap_days)s::int
) as g
cross join lateral (
    select count(distinct n.business_date) as nights
    from operations.night as n
    where n.seq >= f.first_seq and n.seq <= %(seq)s and n.status <> 'void'
) as h
where %(business_date)s::date - l.last_day >= %(least_days)s
    and %(business_date)s::date - l.last_day > %(times_the_gap)s * g.longest
    and g.gaps >= %(least_gaps)s
    and h.nights >= %(quiet_nights)s;
