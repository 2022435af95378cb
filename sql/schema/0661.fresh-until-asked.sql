-- depends: 0660.asked-for-after-observing

-- A feed that answers what we ask lacks nothing of the time before anything was asked, as the list of feeds and the
-- stages say (sql/told/numbers/feeds.sql, sql/cases/facts.sql). This view alone called it late.
create or replace view operations.feed_freshness as
select
    f.source,
    f.feed,
    f.owner_team,
    x.last_business_date,
    x.last_received_at,
    x.watermark,
    (n.business_date + 1 + f.expected_by) as expected_by,
    coalesce(coalesce(x.last_business_date, r.business_date) >= n.business_date - f.allowed_lag_days, false) as is_fresh
from operations.feed as f
cross join lateral (
    select business_date from operations.night
    where status <> 'void'
    order by seq desc
    limit 1
) as n
left join operations.night as r on r.seq = f.known_seq and f.volume = 'asked'
left join operations.freshness((select max(seq) from operations.night where status <> 'void')) as x
    on x.source = f.source and x.feed = f.feed;
