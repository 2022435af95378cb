-- reads: cases.place_zone, cases.setting, cases.stage_feed, evidence.booked_place, evidence.code_not_known,
--     evidence.fact, evidence.not_known, evidence.possible_stay, evidence.practitioner, evidence.visit,
--     identity.link, operations.exception, operations.feed, operations.freshness(), operations.night,
--     operations.serves, operations.source, tasks.claim, w_named_visit, w_person, w_same
-- makes: w_feed, w_practitioner, w_zone, w_fact, w_profile, w_not_known, w_possible_stay, w_rests

-- What is known, as of this night, about the persons on the work list (w_person).

-- A feed that answers what we ask, and has not brought anything, lacks nothing of the time before anything was asked:
-- else its stages were not known, nothing would be asked, and nothing could come.
create temp table w_feed on commit drop as
select
    f.source || '.' || f.feed as feed,
    f.source,
    c.last_business_date,
    coalesce(c.last_business_date < %(business_date)s::date - f.allowed_lag_days, true) as is_stale
from operations.feed as f
left join operations.freshness(%(seq)s) as x on x.source = f.source and x.feed = f.feed
left join operations.night as n on n.seq = f.known_seq and f.volume = 'asked'
cross join lateral (select coalesce(x.last_business_date, n.business_date) as last_business_date) as c
where f.known_seq <= %(seq)s;

-- Practitioners by the system that refers to them: a chart refers to its own, any other system to those of the charts
-- it serves, or of all charts, by their number there or by NPI.
create temp table w_practitioner on commit drop as
with standing as (
    select d.source, d.source_id, d.npi, d.is_billable
    from evidence.practitioner as d
    where d.known_seq <= %(seq)s and (d.retracted_seq is null or d.retracted_seq > %(seq)s)
)

select d.source as named_by, d.source_id, d.npi, d.is_billable, false as is_by_npi
from standing as d
union all
select * from (
    select distinct on (o.source, n.number)
        o.source as named_by, n.number as source_id, d.npi, d.is_billable, n.is_by_npi
    from operations.source as o
    cross join standing as d
    cross join lateral (values (d.source_id, false), (d.npi, true)) as n (number, is_by_npi)
    where not exists (select from standing as own where own.source = o.source)
        and (
            not exists (select from operations.serves as s where s.source = o.source and s.kind = 'charts')
            or d.source in (
                select s.value from operations.serves as s where s.source = o.source and s.kind = 'charts'
            )
        )
        and n.number is not null
    order by o.source, n.number, n.is_by_npi, d.source, d.source_id
) as others;

create unique index on w_practitioner (named_by, source_id);

analyze w_practitioner;

-- Events at a site in another time zone than the practice's: their days are the site's.
create temp table w_zone on commit drop as
with person_link as (
    select l.source, l.source_id
    from w_person as w
    inner join identity.link as l
        on l.person_id = w.person_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
),

place as materialized (
    select v.source, 'encounter/' || v.source_id as ref, v.location_id
    from person_link as l
    inner join evidence.visit as v on v.subject_source = l.source and v.subject_id = l.source_id
    where v.known_seq <= %(seq)s and (v.retracted_seq is null or v.retracted_seq > %(seq)s)
        and exists (select from cases.place_zone)
    union
    select b.source, 'appointment/' || b.source_id, b.location_id
    from person_link as l
    inner join evidence.booked_place as b on b.subject_source = l.source and b.subject_id = l.source_id
    where b.known_seq <= %(seq)s and (b.retracted_seq is null or b.retracted_seq > %(seq)s)
        and exists (select from cases.place_zone)
),

-- asked once for each place, not for each visit
zone_of as materialized (
    select d.source, d.location_id, cases.zone_of_place(d.source, d.location_id) as zone
    from (select distinct p.source, p.location_id from place as p) as d
)

select p.source, p.ref, z.zone
from place as p
inner join zone_of as z on z.source = p.source and z.location_id = p.location_id
where z.zone is not null;

create unique index on w_zone (source, ref);

analyze w_zone;

create temp table w_fact on commit drop as
select
    l.person_id,
    f.fact_id,
    f.kind,
    f.code,
    f.amount,
    f.occurred_at,
    f.starts_at,
    f.ends_at,
    f.known_seq,
    f.source,
    -- a record that another source tells as well goes by the name of the one that was known first
    coalesce(m.ref, coalesce(o.id_prefix, '') || f.source_ref) as source_ref,
    f.source_version,
    f.identifiers,
    -- Whether a practitioner may bill is read from the practitioner's record, whichever record came first.
    case
        when d.source_id is null then f.detail
        else f.detail || jsonb_build_object(
            'practitioner_npi', coalesce(f.detail ->> 'practitioner_npi', d.npi),
            'is_billable_practitioner', coalesce(d.is_billable, false)
        )
    end as detail,
    cases.local_day(coalesce(f.starts_at, f.occurred_at), coalesce(z.zone, (select cases.practice_zone()))) as on_day,
    z.zone,
    -- a visit goes by the name it has outside its source; our own claims store which visit they are for
    coalesce(
        v.name, nv.name, coalesce(o.id_prefix, '') || (f.identifiers ->> 'encounter'), coalesce(ko.id_prefix, '') || k.encounter_id
    ) as encounter,
    f.identifiers ->> 'patient_control_number' as pcn
from w_person as w
inner join identity.link as l
    on l.person_id = w.person_id
    and l.status = 'active'
    and l.known_seq <= %(seq)s
    and (l.retired_seq is null or l.retired_seq > %(seq)s)
inner join evidence.fact as f
    on f.subject_source = l.source
    and f.subject_id = l.source_id
    and f.known_seq <= %(seq)s
    and (f.retracted_seq is null or f.retracted_seq > %(seq)s)
left join operations.source as o on o.source = f.source
left join w_same as m on m.person_id = l.person_id and m.source = f.source and m.source_ref = f.source_ref
left join w_same as v
    on v.person_id = l.person_id and v.source = f.source
    and v.source_ref = 'encounter/' || (f.identifiers ->> 'encounter')
left join w_named_visit as nv
    on f.kind in ('note', 'charge', 'claim') and nv.person_id = l.person_id and nv.source = f.source
    and nv.id = f.identifiers ->> 'encounter'
left join w_practitioner as d
    on f.kind in ('visit', 'charge', 'booking', 'arrived')
    and d.named_by = f.source and d.source_id = f.detail ->> 'practitioner_id'
    -- a booking says its NPI itself, and the kind of visit tells a nurse's
    and (not d.is_by_npi or f.kind in ('visit', 'charge'))
left join tasks.claim as k
    on f.kind = 'claim' and k.patient_control_number = f.identifiers ->> 'patient_control_number'
    and k.planned_seq < %(seq)s
left join operations.source as ko on ko.source = k.encounter_source
-- a plain date, as in a claim, is already the site's date
left join w_zone as z
    on z.source = f.source and f.kind in (
        'admission', 'discharge', 'visit', 'visit_open', 'note', 'charge', 'booking', 'booking_cancelled', 'no_show',
        'arrived'
    )
    and z.ref = case
        when f.kind in ('booking', 'booking_cancelled', 'no_show', 'arrived') then f.source_ref
        else 'encounter/' || (f.identifiers ->> 'encounter')
    end;

-- What two sources state of one record is one fact. Of two charges the one that says that it must not be billed, else
-- the one with a level; of two discharges the one that says where the patient went, of
-- two stays the one that ended, of two states of an appointment the newer one; else what the chart says, else the newer
-- statement.
delete from w_fact as f
using (
    select
        w.fact_id,
        w.person_id,
        row_number() over (
            partition by w.person_id, w.source_ref, case
                when w.kind in ('booking', 'booking_cancelled', 'no_show', 'arrived') then 'appointment'
                when w.kind = 'visit_open' then 'visit'
                else w.kind
            end
            order by
                -- what keeps a charge from the payer holds, whichever of them says it; so does the level
                w.kind = 'charge'
                and (w.detail ? 'no_charge_reason' or coalesce((w.detail ->> 'self_pay_restricted')::boolean, false))
                desc,
                w.kind = 'charge' and w.detail ? 'mdm' desc,
                w.detail ? 'not_stated', w.kind = 'visit' desc, w.ends_at is null,
                case
                    when w.kind in ('booking', 'booking_cancelled', 'no_show', 'arrived') then w.occurred_at
                end desc nulls last,
                coalesce(o.is_chart, false) desc, w.source_version desc, w.fact_id
        ) as place
    from w_fact as w
    left join operations.source as o on o.source = w.source
    where (w.person_id, w.source_ref) in (select s.person_id, s.ref from w_same as s)
) as t
where t.place > 1 and f.fact_id = t.fact_id and f.person_id = t.person_id;

-- What a named person stated of a discharge counts as long as no record says where the patient went.
update w_fact as f
set code = d.code, detail = f.detail - 'not_stated'
from w_fact as d
where d.kind = 'decision' and d.detail ->> 'about' = 'disposition'
    and f.kind = 'discharge' and f.person_id = d.person_id and f.source_ref = d.identifiers ->> 'trigger'
    and f.detail ->> 'not_stated' = 'disposition';

-- The level that a named person stated of a signed note belongs to the visit of that note.
update w_fact as d
set encounter = n.encounter
from w_fact as n
where d.kind = 'decision' and d.detail ->> 'about' = 'level'
    and n.kind = 'note' and n.person_id = d.person_id
    and n.source_ref = coalesce(
        (
            select m.ref from w_same as m
            where m.person_id = d.person_id and m.source = d.identifiers ->> 'note_source'
                and m.source_ref = d.identifiers ->> 'note'
        ),
        coalesce((select o.id_prefix from operations.source as o where o.source = d.identifiers ->> 'note_source'), '')
        || (d.identifiers ->> 'note')
    );

create index on w_fact (person_id, kind);

create index on w_fact (encounter, kind) where encounter is not null;

create index on w_fact (pcn, kind) where pcn is not null;

analyze w_fact;

create temp table w_profile on commit drop as
with known as (
    select w.person_id, array_agg(distinct l.source order by l.source) as known_in
    from w_person as w
    inner join identity.link as l
        on l.person_id = w.person_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
    group by w.person_id
),

-- where they were last seen, or have a booking
last_place as (
    select distinct on (f.person_id) f.person_id, f.zone
    from w_fact as f
    where f.kind in ('visit', 'booking', 'arrived') and f.starts_at is not null
        and exists (select from w_zone)
    order by f.person_id, f.starts_at desc, f.fact_id
),

-- what counts as being the practice's patient, as practice.yaml says
rule as (
    select
        coalesce(max(s.value) filter (where s.name = 'attribution_practitioner'), 'yes') = 'yes' as by_practitioner,
        max(s.value) filter (where s.name = 'attribution_visit_days')::int as visit_days,
        coalesce(max(s.value) filter (where s.name = 'attribution_booked'), 'no') = 'yes' as by_booking
    from cases.setting as s
),

known_of as (
    select
        w.person_id,
        min(f.occurred_at) filter (where f.kind = 'death') as died_at,
        -- the last day on which it may have been, by whoever says the earliest
        min(coalesce((f.detail ->> 'by')::date, cases.local_day(f.occurred_at))) filter (where f.kind = 'death') as died_by,
        (array_agg(
            coalesce((f.detail ->> 'is_day_known')::boolean, false)
            order by coalesce((f.detail ->> 'by')::date, cases.local_day(f.occurred_at)), f.fact_id
        ) filter (where f.kind = 'death'))[1] as is_day_of_death_known,
        min(f.occurred_at) filter (
            where f.kind = 'hospice' or (f.kind = 'eligibility' and (f.detail ->> 'is_hospice')::boolean)
        ) as hospice_at,
        bool_or(f.kind = 'left_practice') as has_left,
        coalesce(bool_or(case f.kind
            when 'attribution' then a.by_practitioner
            when 'visit'
                then f.occurred_at <= %(as_of)s and f.occurred_at > %(as_of)s - make_interval(days => a.visit_days)
                    and (f.detail ->> 'is_billable_practitioner')::boolean is distinct from false
            when 'booking' then a.by_booking and f.starts_at > %(as_of)s
        end), false) as is_attributed,
        -- a refusal with a code that nobody has mapped may be one of contact
        bool_or(f.kind = 'opt_out' and coalesce(f.ends_at > %(as_of)s, true))
        or w.person_id in (select n.person_id from evidence.code_not_known as n where n.feed = 'consent')
        as opted_out,
        min(f.ends_at) filter (where f.kind = 'opt_out' and f.ends_at > %(as_of)s) as opted_out_until,
        -- a hospital that leaves the number out says nothing about the one that the chart has, and the chart calls
        coalesce(
            bool_and((f.detail ->> 'has_phone')::boolean) filter (
                where f.kind = 'preference'
                    and f.source in (select o.source from operations.source as o where o.is_chart)
            ), true
        ) as has_phone,
        max(f.starts_at) filter (
            where f.kind = 'admission' and f.ends_at is null and f.detail ->> 'status' <> 'finished'
        ) as admitted_at,
        exists (
            select from identity.link as d
            where d.person_id = w.person_id and d.status = 'doubt' and d.known_seq <= %(seq)s
                and (d.retired_seq is null or d.retired_seq > %(seq)s)
        ) or exists (
            select from identity.link as own
            inner join identity.link as d
                on d.source = own.source and d.source_id = own.source_id and d.status = 'doubt'
            where own.person_id = w.person_id and own.status = 'active'
                and own.known_seq <= %(seq)s and (own.retired_seq is null or own.retired_seq > %(seq)s)
                and d.known_seq <= %(seq)s and (d.retired_seq is null or d.retired_seq > %(seq)s)
        ) as in_doubt
    from w_person as w
    cross join rule as a
    left join w_fact as f on f.person_id = w.person_id
    group by w.person_id
)

select o.*, coalesce(k.known_in, '{}') as known_in, p.zone
from known_of as o
left join known as k on k.person_id = o.person_id
left join last_place as p on p.person_id = o.person_id;

create unique index on w_profile (person_id);

analyze w_profile;

-- What is not known of these persons, or of anybody, and the exception on which it waits.
create temp table w_not_known on commit drop as
select
    n.person_id,
    n.source || '.' || n.feed as feed,
    n.payer_id,
    n.from_on,
    n.until_on,
    n.exception_id,
    e.due_at as exception_due_at
from evidence.not_known as n
left join operations.exception as e on e.exception_id = n.exception_id and e.opened_seq <= %(seq)s
where n.person_id is null or n.person_id in (select w.person_id from w_person as w);

-- Who may be in a facility: an encounter goes on of which nobody has mapped what it is.
create temp table w_possible_stay on commit drop as
select
    n.person_id,
    array_agg(distinct n.source || '.' || n.feed) as feeds,
    max(n.known_seq) as known_seq,
    (array_agg(n.exception_id order by e.due_at nulls last, n.exception_id))[1] as exception_id,
    bool_and(coalesce(e.due_at <= %(as_of)s, false)) as is_overdue
from evidence.possible_stay as n
left join operations.exception as e on e.exception_id = n.exception_id and e.opened_seq <= %(seq)s
where n.person_id in (select w.person_id from w_person as w)
    and coalesce(n.from_on <= %(business_date)s::date, true)
group by n.person_id;

-- The feeds that a stage depends on: those of the systems that know the person. A feed that identifies patients by
-- other systems' numbers may be the first to mention a person. If none of the systems that send such a feed knows the
-- person, the stage depends on all of them, because any of them might be first.
create temp table w_rests on commit drop as
with known as (
    select distinct known_in from w_profile
),

pair as (
    select
        s.workflow,
        s.version,
        s.stage,
        s.said,
        s.source || '.' || s.feed as feed,
        k.known_in,
        s.is_named or s.source = any(k.known_in)
        or (s.may_be_first and (s.charts is null or s.charts && k.known_in)) as rests
    from cases.stage_feed as s
    cross join known as k
    where s.known_seq <= %(seq)s
),

counted as (
    select p.*, bool_or(p.rests) over (partition by p.workflow, p.version, p.stage, p.said, p.known_in) as any_rests
    from pair as p
)

select c.workflow, c.version, c.stage, c.known_in, array_agg(distinct c.feed) as feeds
from counted as c
where c.rests or not c.any_rests
group by c.workflow, c.version, c.stage, c.known_in;
