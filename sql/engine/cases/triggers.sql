-- reads: e_fact, e_hit, e_link, e_only, e_person, e_site, r_season, r_trigger, r_version
-- makes: e_attributed, e_trigger, e_today, e_meant, e_running

-- What opens a case: records that `after` names, and the periods that run tonight (rules 4, 5, 9, 18, 22).

-- Where a person is attributed: the zone of a case whose trigger has no site (4).
create temp table e_attributed on commit drop as
select
    f.person_id,
    f.position,
    s.zone,
    b.first_at,
    greatest(
        b.first_at,
        coalesce(
            f.ends_at - interval '1 microsecond',
            (f.ends_on + 1)::timestamp at time zone %(zone)s - interval '1 microsecond',
            'infinity'
        )
    ) as last_at
from e_fact as f
cross join lateral (
    select coalesce(
        f.starts_at, f.starts_on::timestamp at time zone %(zone)s,
        f.occurred_at, f.occurred_on::timestamp at time zone %(zone)s, '-infinity'
    ) as first_at
) as b
cross join lateral (
    select w.zone
    from e_link as l
    inner join e_site as w on w.slot = l.slot and w.id = l.id
    where l.fact_no = f.fact_no and l.slot = 'practitioner'
    order by l.namespace collate "C", l.id collate "C"
    limit 1
) as s
where f.kind = 'attribution';

create index on e_attributed (person_id);

-- The best match of each record with what `after` names: the first that fits best. Its time is that of the version
-- that stands; a day without a time is a day of the zone that the record would have without a time.
create temp table e_trigger on commit drop as
with best as (
    select distinct on (t.version_id, h.fact_no)
        t.version_id,
        h.person_id,
        h.fact_no,
        h.position,
        h.how,
        h.moment_at,
        h.moment_on
    from r_trigger as t
    inner join r_version as v on v.version_id = t.version_id
    inner join e_hit as h on h.named_fact_id = t.named_fact_id
    left join e_only as o on o.version_id = t.version_id and o.person_id = h.person_id
    where v.is_for_all or o.person_id is not null
    order by t.version_id, h.fact_no, h.how desc, t.position
),

sited as (
    select distinct on (l.fact_no) l.fact_no, s.zone
    from e_link as l
    inner join e_site as s on s.slot = l.slot and s.id = l.id
    where l.slot in ('encounter', 'appointment') and l.fact_no in (select b.fact_no from best as b)
    order by l.fact_no, l.slot = 'appointment', l.namespace collate "C", l.id collate "C"
),

spanned as (
    select
        b.version_id,
        b.person_id,
        b.fact_no,
        b.position,
        b.how,
        f.source,
        f.reference,
        w.zone as site_zone,
        coalesce(b.moment_at, b.moment_on::timestamp at time zone z.zone, '-infinity') as first_at,
        coalesce(
            b.moment_at,
            (b.moment_on + 1)::timestamp at time zone z.zone - interval '1 microsecond',
            '-infinity'
        ) as last_at
    from best as b
    inner join e_fact as f on f.fact_no = b.fact_no
    left join sited as w on w.fact_no = b.fact_no
    left join lateral (
        select a.zone
        from e_attributed as a
        where a.person_id = b.person_id and a.first_at = '-infinity'
        order by a.position
        limit 1
    ) as a on w.zone is null
    cross join lateral (select coalesce(w.zone, a.zone, %(zone)s) as zone) as z
    where f.kind <> 'case'
)

select
    s.version_id,
    s.person_id,
    s.fact_no,
    s.position,
    s.how,
    s.source,
    s.reference,
    s.first_at,
    s.last_at,
    coalesce(s.site_zone, a.zone, %(zone)s) as zone
from spanned as s
left join lateral (
    select a.zone
    from e_attributed as a
    where a.person_id = s.person_id and a.first_at <= s.last_at and s.first_at <= a.last_at
    order by a.position
    limit 1
) as a on s.site_zone is null;

create index on e_trigger (person_id, version_id);
analyze e_trigger;

-- The day it is for each person.
create temp table e_today on commit drop as
select p.person_id, z.zone, (%(now)s::timestamptz at time zone z.zone)::date as today
from e_person as p
left join lateral (
    select a.zone
    from e_attributed as a
    where a.person_id = p.person_id and a.first_at <= %(now)s and a.last_at >= %(now)s
    order by a.position
    limit 1
) as a on true
cross join lateral (select coalesce(a.zone, %(zone)s) as zone) as z;

create index on e_today (person_id);
analyze e_today;

-- For whom a version opens periods: for all, or for some (`e_only`).
create temp table e_meant on commit drop as
select v.version_id, p.*
from r_version as v
cross join e_today as p
left join e_only as o on o.version_id = v.version_id and o.person_id = p.person_id
where v.period is not null and (v.is_for_all or o.person_id is not null);

-- `each` opens the running period: of the calendar, a season, or a run of days from the newest fact (22).
create temp table e_running on commit drop as
select
    p.person_id, v.version_id, v.period, p.zone,
    date_trunc(v.period, p.today::timestamp)::date as first_day,
    (date_trunc(v.period, p.today::timestamp) + case v.period
        when 'month' then interval '1 month' when 'quarter' then interval '3 months' else interval '1 year'
    end)::date - 1 as last_day
from r_version as v
inner join e_meant as p on p.version_id = v.version_id
where v.period in ('month', 'quarter', 'year')
union all
select p.person_id, v.version_id, v.period, p.zone, s.first_day, s.last_day
from r_version as v
inner join e_meant as p on p.version_id = v.version_id
cross join lateral (
    select s.first_day, s.last_day
    from r_season as s
    where s.name = v.period and p.today between s.first_day and s.last_day
    order by s.first_day
    limit 1
) as s
union all
select
    p.person_id, v.version_id, v.period, p.zone,
    r.first_day,
    r.first_day + v.period_days - 1 as last_day
from r_version as v
inner join e_meant as p on p.version_id = v.version_id
cross join lateral (
    select coalesce((h.moment_at at time zone p.zone)::date, h.moment_on) as begun_on
    from e_hit as h
    where h.named_fact_id = v.period_fact_id and h.person_id = p.person_id and h.how = 2
        and (h.moment_at is not null or h.moment_on is not null)
    order by h.position desc
    limit 1
) as b
cross join lateral (
    select b.begun_on + (p.today - b.begun_on) / v.period_days * v.period_days as first_day
    where isfinite(b.begun_on) and b.begun_on <= p.today
) as r
where v.period = 'period';
