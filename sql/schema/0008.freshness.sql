-- depends: 0007.tasks

-- How far each feed is complete, as of a night: the last business date whose batch was loaded.
create function operations.freshness(seq bigint) returns table (
    source text,
    feed text,
    last_business_date date,
    last_received_at timestamptz,
    watermark timestamptz,
    last_seq bigint
) language sql stable as $$
    select
        b.source,
        b.feed,
        max(b.business_date) as last_business_date,
        max(b.received_at) as last_received_at,
        max(b.watermark) as watermark,
        max(b.known_seq) as last_seq
    from landing.batch as b
    where b.known_seq <= freshness.seq and b.status = 'loaded'
    group by b.source, b.feed
$$;

-- The feeds that are expected, by source definition; written when definitions are registered.
create table operations.feed (
    source text not null,
    feed text not null,
    owner_team text not null,
    -- local time of day of the morning after the business date
    expected_by time not null,
    -- days that the feed may lag before it counts as stale
    allowed_lag_days int not null default 0,
    primary key (source, feed)
);

create view operations.feed_freshness as
select
    f.source,
    f.feed,
    f.owner_team,
    x.last_business_date,
    x.last_received_at,
    x.watermark,
    (n.business_date + 1 + f.expected_by) as expected_by,
    coalesce(x.last_business_date >= n.business_date - f.allowed_lag_days, false) as is_fresh
from operations.feed as f
cross join lateral (
    select business_date from operations.night
    where status <> 'void'
    order by seq desc
    limit 1
) as n
left join operations.freshness((select max(seq) from operations.night where status <> 'void')) as x
    on x.source = f.source and x.feed = f.feed;

grant execute on function operations.freshness(bigint) to throughline_loop, throughline_loader, throughline_reader;
