-- depends: 0177.rejected-deliveries

-- A delivery that was rejected after it was loaded counted until then: earlier nights still know it.
alter table landing.batch add column withdrawn_seq bigint;

comment on column landing.batch.withdrawn_seq is 'The night that took it back, after a named person rejected what had been loaded (operations.night). Null: none has.';

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
    where b.loaded_seq <= freshness.seq
        and (b.status = 'loaded' or b.withdrawn_seq > freshness.seq)
    group by b.source, b.feed
$$;

-- The rows that were set aside of deliveries that were loaded, for the steps behind: whose they are, not what they say.
create or replace view evidence.row_set_aside as
select
    q.batch_id,
    q.source,
    q.feed,
    b.business_date,
    q.file_id,
    q.row_no,
    q.source_id,
    q.reason,
    q.subject_source,
    q.subject_id,
    q.known_seq,
    b.loaded_seq,
    q.closed_seq
from quality.quarantine as q
inner join landing.batch as b on b.batch_id = q.batch_id
where b.loaded_seq is not null;

-- What is not known, and of whom: rows of a delivery that were set aside and are neither corrected nor decided. As of
-- the night whose number is set for the transaction (`throughline.seq`), else now. A row that names nobody, or a claim
-- that nobody is known to have, may be about anybody; one that names a patient whom we do not have is about nobody.
create or replace view evidence.not_known as
with moment as (
    select coalesce(nullif(current_setting('throughline.seq', true), '')::bigint, 9223372036854775807) as seq
),

waiting as materialized (
    select q.batch_id, q.feed, q.source, q.subject_source, q.subject_id, q.payer_id, q.from_on, q.until_on, q.reason,
        q.known_seq, q.closed_seq
    from quality.quarantine as q
    where q.closed_seq is null and q.known_seq <= (select m.seq from moment as m)
    union all
    select q.batch_id, q.feed, q.source, q.subject_source, q.subject_id, q.payer_id, q.from_on, q.until_on, q.reason,
        q.known_seq, q.closed_seq
    from quality.quarantine as q
    where q.closed_seq > (select m.seq from moment as m) and q.known_seq <= (select m.seq from moment as m)
),

-- The days of a delivery: from the day after the one before it, until the night that received it.
delivery as materialized (
    select
        b.batch_id,
        b.loaded_seq,
        least(b.business_date, (
            select max(p.business_date) + 1 from landing.batch as p
            where p.source = b.source and p.feed = b.feed and p.known_seq < b.known_seq
                and p.loaded_seq <= (select m.seq from moment as m)
        )) as from_on,
        greatest(b.business_date, n.business_date) as until_on
    from (select distinct w.batch_id from waiting as w) as w
    inner join landing.batch as b on b.batch_id = w.batch_id
    left join operations.night as n on n.seq = b.known_seq
    where b.loaded_seq <= (select m.seq from moment as m)
        and (b.withdrawn_seq is null or b.withdrawn_seq > (select m.seq from moment as m))
)

select distinct
    l.person_id,
    w.source,
    w.feed,
    w.payer_id,
    coalesce(w.from_on, d.from_on) as from_on,
    coalesce(w.until_on, d.until_on) as until_on,
    w.reason as why,
    md5(concat_ws('|', 'exception', 'rows_set_aside', 'batch', w.batch_id))::uuid as exception_id,
    greatest(w.known_seq, d.loaded_seq) as known_seq,
    w.closed_seq
from waiting as w
inner join delivery as d on d.batch_id = w.batch_id
left join operations.feed as f on f.source = w.source and f.feed = w.feed
left join identity.link as l
    on l.source = w.subject_source and l.source_id = w.subject_id and l.status = 'active'
    and l.known_seq <= (select m.seq from moment as m)
    and (l.retired_seq is null or l.retired_seq > (select m.seq from moment as m))
where l.person_id is not null or w.subject_id is null or w.subject_source = 'pcn' or f.may_be_first;
