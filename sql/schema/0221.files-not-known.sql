-- depends: 0220.meaning-of-export-jobs

-- A file that nobody could read may hold rows of anybody: of the feed that it belongs to, or of any feed of its source.
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
where l.person_id is not null or w.subject_id is null or w.subject_source = 'pcn' or f.may_be_first
union all
select
    null::uuid as person_id,
    u.source,
    f.feed,
    null as payer_id,
    u.from_on,
    u.until_on,
    'file_refused' as why,
    u.exception_id,
    u.known_seq,
    u.closed_seq
from landing.undecided_file as u
inner join operations.feed as f
    on f.source = u.source
    and (
        f.feed in (
            select b.feed
            from landing.batch_file as x
            inner join landing.batch as b on b.batch_id = x.batch_id
            where x.file_id = u.file_id
        )
        or not exists (select from landing.batch_file as x where x.file_id = u.file_id)
    )
where u.known_seq <= (select m.seq from moment as m)
    and (u.closed_seq is null or u.closed_seq > (select m.seq from moment as m));

comment on view evidence.not_known is 'What is not known, and of whom, as of the night whose number is set for the transaction (throughline.seq), else now: what rows that were set aside, and files that could not be read, would have proven, as long as nobody has decided about them.';
comment on column evidence.not_known.why is 'The rule that the row broke, or the fault of its reader, as a code; file_refused: a file could not be read.';
