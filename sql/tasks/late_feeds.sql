-- reads: cases.case_record, cases.workflow_version, operations.feed, operations.freshness(),
--     operations.night, operations.source

-- The feeds that are late as of a night and would carry what proves the stages of these proofs, or what opens cases whose
-- first work is such a stage (by kind of trigger; an inquiry to a payer is no work of people): up to which business date each is
-- there, whether it proves, how many open cases wait for it, and which triggers it carries. A feed is named in a definition
-- by its last part.
with needed as (
    select distinct
        s.rule ->> 'stage' as stage,
        split_part(f.name, '.', -1) as feed
    from cases.workflow_version as w
    cross join lateral jsonb_array_elements(w.definition -> 'stages') as s (rule)
    cross join lateral jsonb_array_elements_text(coalesce(s.rule -> 'feeds', '[]'::jsonb)) as f (name)
    where w.status in ('active', 'retired') and s.rule ->> 'proof' = any(%(proofs)s)
),

opening as (
    select distinct
        o.name as opens,
        f.feed
    from cases.workflow_version as w
    cross join lateral jsonb_each(%(openers)s::jsonb) as o (name, feeds)
    cross join lateral jsonb_array_elements_text(o.feeds) as f (feed)
    cross join lateral (
        select s.rule ->> 'proof' as proof
        from jsonb_array_elements(w.definition -> 'stages') with ordinality as s (rule, place)
        where s.rule ->> 'proof' <> 'eligibility'
        order by s.place
        limit 1
    ) as first_work
    where w.status = 'active' and w.definition -> 'trigger' ? o.name and first_work.proof = any(%(proofs)s)
),

late as (
    select
        f.source,
        f.feed,
        f.source || '.' || f.feed as name,
        -- what answers us lacks nothing of the time before anything was asked
        coalesce(x.last_business_date, r.business_date) as last_on
    from operations.feed as f
    inner join operations.night as n on n.seq = %(seq)s
    left join operations.freshness(%(seq)s) as x on x.source = f.source and x.feed = f.feed
    left join operations.night as r on r.seq = f.known_seq and f.volume = 'asked'
    where (f.feed in (select d.feed from needed as d) or f.feed in (select p.feed from opening as p))
        and coalesce(coalesce(x.last_business_date, r.business_date) < n.business_date - f.allowed_lag_days, true)
)

select
    coalesce(o.title, l.source) as title,
    l.source,
    l.feed,
    l.last_on,
    (
        select count(*)
        from cases.case_record as c
        where c.status = 'open' and c.waits_on_feeds <> '{}' and l.name = any(c.waits_on_feeds)
            and c.stage in (select d.stage from needed as d)
    ) as cases,
    l.feed in (select d.feed from needed as d) as proves,
    array(select p.opens from opening as p where p.feed = l.feed order by p.opens) as opens
from late as l
left join operations.source as o on o.source = l.source
order by l.source, l.feed;
