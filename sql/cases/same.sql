-- reads: cases.setting, evidence.booked_place, evidence.fact, evidence.visit, identity.link, operations.feed,
--     operations.source, w_person
-- makes: w_told, w_number, w_pair, w_site, w_same, w_named_visit
-- changes: cases.same_record

-- What two sources tell of the same stay, visit, appointment, charge or note of a person is one: this says which
-- records belong together. It reads what became known up to this night, also what was taken back since: the record
-- that was known first gives its name to all of them, so that a case keeps its trigger when one source falls silent.
-- Nothing is read as long as no feed has two sources.
create temp table w_told on commit drop as
with said as (
    select
        l.person_id, f.source, f.source_ref, split_part(f.source_ref, '/', 1) as record, f.kind, f.code,
        f.starts_at, f.ends_at, f.occurred_at, f.identifiers, f.detail, f.source_version, f.known_seq,
        (f.retracted_seq is null or f.retracted_seq > %(seq)s) as stands
    from w_person as w
    inner join identity.link as l
        on l.person_id = w.person_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id and f.known_seq <= %(seq)s
    where f.kind in (
            'admission', 'discharge', 'visit', 'visit_open', 'booking', 'booking_cancelled', 'no_show', 'arrived',
            'charge', 'note'
        )
        and (
            select count(*) from operations.feed as o
            where o.feed in ('encounter', 'appointment', 'charge_item', 'document_reference')
        ) > (
            select count(distinct o.feed) from operations.feed as o
            where o.feed in ('encounter', 'appointment', 'charge_item', 'document_reference')
        )
),

several as (
    select s.person_id, s.record from said as s
    group by s.person_id, s.record
    having count(distinct s.source) > 1
)

select distinct on (s.person_id, s.source, s.source_ref)
    s.person_id, s.source, s.source_ref, s.record, s.code, s.starts_at, s.ends_at, s.identifiers, s.detail,
    case when s.kind in ('admission', 'discharge') then 'stay' else s.record end as told_as,
    coalesce(s.starts_at, s.occurred_at) as at,
    min(s.known_seq) over (partition by s.person_id, s.source, s.source_ref) as first_seq,
    bool_or(s.stands) over (partition by s.person_id, s.source, s.source_ref) as stands
from said as s
inner join several as m on m.person_id = s.person_id and m.record = s.record
order by s.person_id, s.source, s.source_ref, s.stands desc, s.known_seq desc, s.kind desc;

create index on w_told (person_id, source, source_ref);

analyze w_told;

-- The numbers that records name. One that two standing records of a source share says of neither which it is.
create temp table w_number on commit drop as
with named as (
    select distinct t.person_id, t.record, t.source, t.source_ref, t.stands, t.starts_at, t.ends_at, n.number
    from w_told as t
    cross join lateral (
        values
        ('encounter', 'visit ' || (t.identifiers ->> 'visit_number')),
        ('encounter', 'visit ' || (t.identifiers ->> 'encounter')),
        ('appointment', 'filler ' || (t.identifiers ->> 'appointment')),
        ('appointment', 'placer ' || (t.identifiers ->> 'placer')),
        ('charge_item', 'charge ' || (t.identifiers ->> 'charge_number')),
        ('charge_item', 'charge ' || (t.identifiers ->> 'charge')),
        ('document_reference', 'document ' || (t.identifiers ->> 'document_number')),
        ('document_reference', 'document ' || (t.identifiers ->> 'document'))
    ) as n (record, number)
    where n.record = t.record and n.number is not null
),

counted as (
    select
        n.*,
        -- of those that stand, and of itself
        count(*) filter (where n.stands) over (partition by n.person_id, n.record, n.source, n.number)
        + case when n.stands then 0 else 1 end as sharing
    from named as n
)

select c.* from counted as c where c.sharing = 1;

create index on w_number (person_id, number);

analyze w_number;

create temp table w_pair on commit drop as
-- two systems may number alike by chance: stays and visits that lie days apart are two
select distinct a.person_id, a.source, a.source_ref, b.source as other_source, b.source_ref as other_ref, 'number' as by
from w_number as a
inner join w_number as b
    on b.person_id = a.person_id and b.record = a.record and b.number = a.number and b.source <> a.source
where a.record <> 'encounter'
    or coalesce(abs(extract(epoch from a.starts_at - b.starts_at)) <= 172800, true)
    or coalesce(abs(extract(epoch from a.ends_at - b.ends_at)) <= 172800, false);

create index on w_pair (person_id, source, source_ref);

analyze w_pair;

-- The site of the practice at which a record took place, where its source names a place of one. Asked for only where
-- times may join.
create temp table w_site on commit drop as
with place as materialized (
    select t.person_id, t.source, t.source_ref, p.location_id
    from w_told as t
    cross join lateral (
        (
            select v.location_id
            from evidence.visit as v
            where t.record <> 'appointment' and v.source = t.source and v.source_id = t.identifiers ->> 'encounter'
                and v.known_seq <= %(seq)s
            order by v.known_seq desc
            limit 1
        )
        union all
        (
            select b.location_id
            from evidence.booked_place as b
            where t.record = 'appointment' and b.source = t.source
                and b.source_id = substr(t.source_ref, strpos(t.source_ref, '/') + 1) and b.known_seq <= %(seq)s
            order by b.known_seq desc
            limit 1
        )
    ) as p
    where exists (select from operations.feed as o where o.same_within_minutes is not null)
)

-- a place of HL7 v2 has several parts, of which any may be the one that the practice knows
select distinct on (p.person_id, p.source, p.source_ref) p.person_id, p.source, p.source_ref, l.value as site
from place as p
inner join cases.setting as l
    on l.name = 'site_of_place' and split_part(l.key, '|', 1) = p.source
    and (
        substr(l.key, strpos(l.key, '|') + 1) = p.location_id
        or substr(l.key, strpos(l.key, '|') + 1) = any(string_to_array(p.location_id, '/'))
    )
order by p.person_id, p.source, p.source_ref, substr(l.key, strpos(l.key, '|') + 1) = p.location_id desc, l.key;

create unique index on w_site (person_id, source, source_ref);

analyze w_site;

-- By time, where the definition of a source says so: of two records that nothing else joins, if each has only the
-- other near it, at the same site where both tell one.
insert into w_pair
with near as (
    select
        a.person_id, a.source, a.source_ref, b.source as other_source, b.source_ref as other_ref,
        count(*) over (partition by a.person_id, a.source, a.source_ref, b.source) as others,
        count(*) over (partition by a.person_id, b.source, b.source_ref, a.source) as mine
    from w_told as a
    inner join w_told as b
        on b.person_id = a.person_id and b.record = a.record and b.told_as = a.told_as and b.source <> a.source
    inner join operations.feed as p on p.source = a.source and p.feed = a.record
    inner join operations.feed as q on q.source = b.source and q.feed = b.record
    left join w_site as x on x.person_id = a.person_id and x.source = a.source and x.source_ref = a.source_ref
    left join w_site as y on y.person_id = b.person_id and y.source = b.source and y.source_ref = b.source_ref
    where greatest(p.same_within_minutes, q.same_within_minutes) * interval '1 minute'
        >= case
            when a.at > b.at then a.at - b.at
            else b.at - a.at
        end
        and (a.told_as in ('stay', 'encounter', 'appointment') or a.code = b.code)
        and coalesce(x.site = y.site, true)
        and not exists (
            select from w_pair as k
            where (k.person_id, k.source, k.source_ref, k.other_source)
                = (a.person_id, a.source, a.source_ref, b.source)
        )
        and not exists (
            select from w_pair as k
            where (k.person_id, k.source, k.source_ref, k.other_source)
                = (b.person_id, b.source, b.source_ref, a.source)
        )
)

select n.person_id, n.source, n.source_ref, n.other_source, n.other_ref, 'time'
from near as n
where n.others = 1 and n.mine = 1;

analyze w_pair;

-- The records that belong together, with the name of all of them; a visit goes by the name that its chart has for it.
create temp table w_same on commit drop as
with recursive reach as (
    select p.person_id, p.source, p.source_ref, p.other_source, p.other_ref from w_pair as p
    union
    select r.person_id, r.source, r.source_ref, p.other_source, p.other_ref
    from reach as r
    inner join w_pair as p
        on p.person_id = r.person_id and p.source = r.other_source and p.source_ref = r.other_ref
)

select
    t.person_id,
    t.source,
    t.source_ref,
    t.record,
    (
        select min(p.by) from w_pair as p
        where p.person_id = t.person_id and p.source = t.source and p.source_ref = t.source_ref
    ) as joined_by,
    (array_agg(coalesce(o.id_prefix, '') || k.source_ref order by k.first_seq, k.source, k.source_ref))[1] as ref,
    (array_agg(
        coalesce(o.id_prefix, '') || substr(k.source_ref, strpos(k.source_ref, '/') + 1)
        order by coalesce(o.is_chart, false) and k.stands desc, k.first_seq, k.source, k.source_ref
    ))[1] as name
from w_told as t
inner join reach as r
    on r.person_id = t.person_id and r.source = t.source and r.source_ref = t.source_ref
inner join w_told as k
    on k.person_id = t.person_id and k.source = r.other_source and k.source_ref = r.other_ref
left join operations.source as o on o.source = k.source
group by t.person_id, t.source, t.source_ref, t.record;

create unique index on w_same (source, source_ref, person_id);

analyze w_same;

-- Notes, charges and claims of a system that sends no visits name theirs by its number, or by the id that its chart has
-- for it. The guard costs nothing where every system that sends them is a chart, or sends claims as X12.
create temp table w_named_visit on commit drop as
with referring as (
    -- also what was taken back: it must be known of which visit it was
    select distinct
        l.person_id, f.source, f.identifiers ->> 'encounter' as id,
        coalesce(f.identifiers ->> 'visit_number', f.identifiers ->> 'encounter') as number,
        f.retracted_seq is null or f.retracted_seq > %(seq)s as stands
    from w_person as w
    inner join identity.link as l
        on l.person_id = w.person_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id and f.known_seq <= %(seq)s
    where f.kind in ('note', 'charge', 'claim')
        and (
            f.identifiers ->> 'visit_number' is not null
            or (
                f.identifiers ->> 'encounter' is not null
                and not exists (select from operations.feed as v where v.source = f.source and v.feed = 'encounter')
            )
        )
        and exists (
            select from operations.feed as o
            inner join operations.source as s on s.source = o.source
            where not s.is_chart
                and (
                    o.feed in ('document_reference', 'charge_item')
                    or (
                        o.feed = 'claim'
                        and exists (select from operations.feed as p where p.source = o.source and p.feed = 'patient')
                    )
                )
        )
)

select distinct on (r.person_id, r.source, r.id)
    r.person_id, r.source, r.id,
    coalesce(m.name, coalesce(o.id_prefix, '') || (e.identifiers ->> 'encounter')) as name
from referring as r
inner join identity.link as l
    on l.person_id = r.person_id and l.status = 'active' and l.known_seq <= %(seq)s
    and (l.retired_seq is null or l.retired_seq > %(seq)s)
inner join evidence.fact as e
    on e.subject_source = l.source and e.subject_id = l.source_id and e.known_seq <= %(seq)s
    and (e.retracted_seq is null or e.retracted_seq > %(seq)s)
    and e.kind in ('admission', 'discharge', 'visit', 'visit_open')
    and r.number in (e.identifiers ->> 'visit_number', e.identifiers ->> 'encounter')
left join operations.source as o on o.source = e.source
left join w_same as m on m.person_id = r.person_id and m.source = e.source and m.source_ref = e.source_ref
order by
    r.person_id, r.source, r.id, r.stands desc, e.source = r.source desc, coalesce(o.is_chart, false) desc, e.source, e.source_ref;

create unique index on w_named_visit (person_id, source, id);

analyze w_named_visit;

-- Kept for pages and for exceptions: what was joined, by what, and whether the sources contradict each other.
delete from cases.same_record as k using w_person as w where k.person_id = w.person_id;

insert into cases.same_record (
    person_id, ref, source, source_ref, record, joined_by, differs, happened_on, derived_seq
)
with standing as (
    select s.person_id, s.ref, s.source, s.source_ref, f.kind, f.code, f.detail, f.occurred_at
    from w_same as s
    inner join identity.link as l
        on l.person_id = s.person_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id
        and f.source = s.source and f.source_ref = s.source_ref
        and f.known_seq <= %(seq)s and (f.retracted_seq is null or f.retracted_seq > %(seq)s)
    where f.kind in ('discharge', 'charge')
),

contradiction as (
    select
        a.person_id, a.source, a.source_ref,
        min(case
            when a.kind = 'discharge' and cases.local_day(a.occurred_at) <> cases.local_day(b.occurred_at) then 'day'
            when a.kind = 'discharge' and a.code <> b.code
                and not (a.detail ? 'not_stated' or b.detail ? 'not_stated')
                then 'disposition'
            when a.kind = 'charge' and a.code is distinct from b.code then 'code'
            when a.kind = 'charge' and a.detail -> 'units' is distinct from b.detail -> 'units' then 'units'
        end) as differs
    from standing as a
    inner join standing as b
        on b.person_id = a.person_id and b.ref = a.ref and b.kind = a.kind and b.source <> a.source
    group by a.person_id, a.source, a.source_ref
)

select
    s.person_id, s.ref, s.source, s.source_ref, s.record, s.joined_by, c.differs,
    cases.local_day(coalesce(t.ends_at, t.at)), %(seq)s
from w_same as s
inner join w_told as t
    on t.person_id = s.person_id and t.source = s.source and t.source_ref = s.source_ref
left join contradiction as c
    on c.person_id = s.person_id and c.source = s.source and c.source_ref = s.source_ref;
