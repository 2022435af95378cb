-- depends: 0008.freshness

-- A stopped batch that is released is loaded by a later night than the one that received it:
-- what a replay may know of it begins there.
alter table landing.batch add column loaded_seq bigint;

create index batch_loaded on landing.batch (loaded_seq);

create or replace function operations.freshness(seq bigint) returns table (
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
        max(b.loaded_seq) as last_seq
    from landing.batch as b
    where b.loaded_seq <= freshness.seq and b.status = 'loaded'
    group by b.source, b.feed
$$;
