-- reads: core.patient, evidence.unmapped, known_code, landing.batch, operations.code_seen,
--     operations.exception, operations.feed, operations.night, watched_code
-- makes: w_new_code, w_shown

-- Codes that a feed brought for the first time tonight, after its learning period, and that neither a code map nor a
-- word of the practice explains; and those of earlier nights that are still open. If very many are new at once, the
-- field itself is probably wrong: that becomes one exception.
create temp table w_new_code on commit drop as
select
    c.source,
    c.feed,
    c.field,
    c.code,
    c.first_seq,
    f.owner_team,
    i.exception_id,
    e.exception_id is not null as is_open,
    count(*) filter (where e.exception_id is null) over (partition by c.source, c.field) as together
from operations.code_seen as c
inner join watched_code as k on k.field = c.field
inner join operations.feed as f on f.source = c.source and f.feed = c.feed
cross join lateral (
    select md5(concat_ws('|', 'exception', 'new_code', c.source, c.field, c.code))::uuid as exception_id
) as i
left join operations.exception as e on e.exception_id = i.exception_id and e.status = 'open'
where (
        e.exception_id is not null
        or (c.first_seq > %(since)s and c.first_seq <= %(seq)s and (
            select count(distinct n.business_date)
            from operations.night as n
            where n.seq <= c.first_seq and n.status <> 'void'
                and n.seq >= (
                    select min(b.loaded_seq)
                    from landing.batch as b
                    where b.source = c.source and b.feed = c.feed and b.status = 'loaded'
                )
        ) > %(learning_nights)s)
    )
    -- what facts rest on is reported for itself, from the first night on
    and not exists (
        select from evidence.unmapped as u
        where u.source = c.source and u.field = c.field and u.code = c.code
            and u.known_seq <= %(seq)s and u.retracted_seq is null
    )
    and not exists (
        select from known_code as m
        where m.map = any(k.maps)
            and (m.code = c.code or (k.by_prefix and starts_with(c.code, m.code)))
    );

-- A column of a damaged record may hold a person's name or number: a value is shown only if it looks like a code and
-- is not a patient's name or number.
create temp table w_shown on commit drop as
select
    c.exception_id,
    case
        when c.code ~ '^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,39}$' and not exists (
            select from core.patient as p
            where p.retracted_seq is null
                and lower(c.code) in (
                    lower(p.family), lower(p.given), lower(p.mrn), lower(p.source_id), p.phone,
                    p.postal_code, p.birth_date::text, to_char(p.birth_date, 'YYYYMMDD')
                )
        ) then c.code
        else 'not shown, ' || left(md5(c.code), 8)
    end as code
from w_new_code as c
where c.is_open or c.together <= %(many_codes)s;
