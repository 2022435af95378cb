-- depends: 0521.calls-recorded-by-hand

-- What is refused depends on the definition of its source as well as on the bytes: after a correction the file is read
-- again. And a file whose name says which table it is holds back that table's feeds, not every feed of its source.
alter table landing.file
add column read_as text,
add column feeds text[];

create or replace view landing.undecided_file as
select
    f.file_id,
    f.source,
    (
        select max(b.business_date)
        from landing.batch as b
        where b.source = f.source and b.known_seq < f.known_seq
    ) as from_on,
    f.business_date as until_on,
    f.known_seq,
    f.closed_seq,
    md5(concat_ws('|', 'exception', 'file_refused', 'file', f.file_id))::uuid as exception_id,
    f.feeds
from landing.file as f
where f.status = 'refused' and not landing.is_understood(f.refused_reason);

create or replace view evidence.delivery_not_known as
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
        f.feed = any(u.feeds)
        or f.feed in (
            select b.feed
            from landing.batch_file as x
            inner join landing.batch as b on b.batch_id = x.batch_id
            where x.file_id = u.file_id
        )
        or (u.feeds is null and not exists (select from landing.batch_file as x where x.file_id = u.file_id))
    )
where u.known_seq <= (select m.seq from moment as m)
    and (u.closed_seq is null or u.closed_seq > (select m.seq from moment as m));

-- A phrase in which a patient's name stands is one as well.
create or replace view evidence.personal_code as
select u.code
from (
    select distinct a.code, regexp_split_to_array(lower(a.code), '[^[:alnum:]]+') as words
    from evidence.unmapped as a
    where a.retracted_seq is null
) as u
where exists (
    select from core.patient as p
    where p.retracted_seq is null
        and (
            lower(u.code) in (
                lower(p.family), lower(p.given), lower(p.mrn), lower(p.source_id), p.phone,
                p.postal_code, p.birth_date::text, to_char(p.birth_date, 'YYYYMMDD')
            )
            or lower(p.family) = any(u.words)
            or lower(p.given) = any(u.words)
        )
);

comment on view evidence.personal_code is 'A code that nobody has mapped and that is a patient''s name or number, or a phrase with the name of one: it is not shown.';
comment on column landing.file.read_as is 'A digest of the code and the conventions that read it, of a refused file: with another one it is read again. Null: it was not refused, or before this was recorded.';
comment on column landing.file.feeds is 'The feeds that a refused file is of, by its name. Null: any of its source''s, or it was not refused.';
comment on column landing.undecided_file.feeds is 'The feeds that a refused file is of, by its name. Null: any of its source''s.';
comment on column landing.undecided_file.source is 'The system of record, by the name of its definition. Without feeds or a delivery, any of its feeds may be in the file.';
comment on column landing.file.closed_by is 'decision: a named person said that it carries nothing. definition: its name is on carries_nothing of its source. readable: it was read again, and can be read now. rejected: its deliveries were. earlier version: it was refused before such files were watched.';
