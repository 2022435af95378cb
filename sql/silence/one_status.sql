-- reads: landing.batch, operations.exception, operations.feed, quality.verdict, status_field
-- makes: w_delivery, w_one_status

-- Tonight's deliveries, by status field.
create temp table w_delivery on commit drop as
select
    b.source,
    b.feed,
    b.business_date,
    b.known_seq,
    s.field,
    f.owner_team,
    (v.profile ->> 'rows')::bigint as row_count,
    quality.statuses(v.profile, s.name) as statuses
from landing.batch as b
inner join quality.verdict as v on v.batch_id = b.batch_id
inner join operations.feed as f on f.source = b.source and f.feed = b.feed
inner join status_field as s on s.feed = b.feed
where b.loaded_seq > %(since)s and b.loaded_seq <= %(seq)s and b.status = 'loaded';

-- Feeds whose newest large delivery has one status only, although each of the last large deliveries had at least two.
-- Feeds reported before stay, until a delivery has two again.
create temp table w_one_status on commit drop as
with newest as (
    select distinct on (d.source, d.field) d.*
    from w_delivery as d
    where d.row_count >= %(status_rows)s or d.statuses > 1
    order by d.source, d.field, d.business_date desc, d.known_seq desc
),

fell as (
    select n.source, n.feed, n.field, n.owner_team, n.row_count
    from newest as n
    inner join status_field as s on s.field = n.field
    cross join lateral (
        select count(*) as deliveries, bool_and(p.statuses > 1) as are_mixed
        from (
            select quality.statuses(v.profile, s.name) as statuses
            from landing.batch as b
            inner join quality.verdict as v on v.batch_id = b.batch_id
            where b.source = n.source and b.feed = n.feed and b.status = 'loaded'
                and (b.business_date, b.known_seq) < (n.business_date, n.known_seq)
                and (v.profile ->> 'rows')::bigint >= %(status_rows)s
            order by b.business_date desc, b.known_seq desc
            limit %(status_deliveries)s
        ) as p
    ) as h
    where n.statuses = 1 and h.deliveries = %(status_deliveries)s and h.are_mixed
),

noticed as (
    select distinct on (e.about_id) e.about_id, e.opened_seq, e.status, e.detail
    from operations.exception as e
    where e.reason = 'one_status' and e.opened_seq <= %(seq)s
    order by e.about_id, e.opened_seq desc
),

lasting as (
    select f.source, f.feed, s.field, f.owner_team, (n.detail ->> 'rows')::bigint as row_count
    from noticed as n
    inner join status_field as s on s.field = n.detail ->> 'field'
    inner join operations.feed as f on f.feed = s.feed and f.source = n.detail ->> 'source'
    where n.status <> 'cleared'
        and not exists (
            select from landing.batch as b
            inner join quality.verdict as v on v.batch_id = b.batch_id
            where b.source = f.source and b.feed = f.feed and b.status = 'loaded'
                and b.loaded_seq > n.opened_seq and b.loaded_seq <= %(seq)s
                and quality.statuses(v.profile, s.name) > 1
        )
)

select source, feed, field, owner_team, row_count from fell
union all
select source, feed, field, owner_team, row_count from lasting as l
where not exists (select from fell as f where f.source = l.source and f.field = l.field);
