-- reads: landing.batch, landing.not_received, operations.feed, operations.freshness(), operations.night,
--     quality.verdict

-- Every expected feed: what it delivered since the day before, the gate's verdict, and its freshness.
with today as (
    select max(business_date) as business_date
    from operations.night
    where seq <= %(seq)s and status <> 'void'
),

delivered as (
    select
        b.source,
        b.feed,
        count(*) as batches,
        sum(b.rows_received)::bigint as rows_received,
        sum(b.rows_loaded)::bigint as rows_loaded,
        sum(b.rows_superseded)::bigint as rows_superseded,
        sum(b.rows_quarantined)::bigint as rows_quarantined,
        sum(b.rows_pending)::bigint as rows_pending,
        sum(b.rows_rejected)::bigint as rows_rejected,
        (array_agg(b.status order by b.known_seq desc, b.received_at desc))[1] as status
    from landing.batch as b
    where b.known_seq > %(since)s and b.known_seq <= %(seq)s
    group by b.source, b.feed
),

judged as (
    select distinct on (b.source, b.feed)
        b.source,
        b.feed,
        v.verdict,
        v.expectations,
        v.failed,
        v.data_docs
    from quality.verdict as v
    inner join landing.batch as b on b.batch_id = v.batch_id
    where v.known_seq > %(since)s and v.known_seq <= %(seq)s
    order by
        b.source,
        b.feed,
        array_position(array['stop', 'quarantine', 'warn', 'pass'], v.verdict),
        v.known_seq desc
),

absent as (
    select distinct on (n.source, n.feed) n.source, n.feed, n.reason, n.said
    from landing.not_received as n
    where n.known_seq > %(since)s and n.known_seq <= %(seq)s
    order by n.source, n.feed, n.known_seq desc
)

select
    f.source,
    f.feed,
    f.owner_team,
    coalesce(d.status, 'missing') as status,
    j.verdict,
    coalesce(j.failed, 0) as failed,
    coalesce(d.rows_received, 0) as rows_received,
    coalesce(d.rows_loaded, 0) as rows_loaded,
    coalesce(d.rows_superseded, 0) as rows_superseded,
    coalesce(d.rows_quarantined, 0) as rows_quarantined,
    coalesce(d.rows_pending, 0) as rows_pending,
    x.last_business_date,
    -- what answers us lacks nothing of the time before anything was asked
    coalesce(
        coalesce(x.last_business_date, r.business_date) >= t.business_date - f.allowed_lag_days, false
    ) as is_fresh,
    j.data_docs,
    a.reason as absent_because,
    a.said as source_says
from operations.feed as f
cross join today as t
left join operations.freshness(%(seq)s) as x on x.source = f.source and x.feed = f.feed
left join operations.night as r on r.seq = f.known_seq and f.volume = 'asked'
left join delivered as d on d.source = f.source and d.feed = f.feed
left join judged as j on j.source = f.source and j.feed = f.feed
left join absent as a on a.source = f.source and a.feed = f.feed and d.feed is null
order by is_fresh, array_position(array['stop', 'quarantine', 'warn'], j.verdict), f.source, f.feed;
