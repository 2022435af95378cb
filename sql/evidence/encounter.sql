-- reads: core.encounter

-- What a code means is asked in a subquery of its own (limit keeps it one): PostgreSQL then asks once for each code,
-- and not for each record.

-- A stay: while it lasts, nobody is called.
select
    r as record,
    'admission' as kind,
    r.class_code as code,
    r.starts_at as occurred_at,
    r.starts_at,
    r.ends_at,
    jsonb_build_object('encounter', r.source_id, 'visit_number', r.visit_number) as identifiers,
    jsonb_build_object(
        'class', r.class_code,
        'status', r.status,
        'facility_class', place.facility_class
    ) as detail
from core.encounter as r
cross join lateral (
    select evidence.facility_class(r.class_code, r.type_code) as facility_class
    limit 1 -- noqa: AM09
) as place
where place.facility_class is not null
    and r.status in ('arrived', 'triaged', 'in-progress', 'onleave', 'finished')
    and r.starts_at is not null;

select
    r as record,
    'discharge' as kind,
    'disposition' as code_system,
    coalesce(gone.disposition, 'other') as code,
    r.ends_at as occurred_at,
    r.starts_at,
    r.ends_at,
    jsonb_build_object('encounter', r.source_id, 'visit_number', r.visit_number) as identifiers,
    jsonb_build_object(
        'facility_class', place.facility_class,
        'practitioner_id', r.practitioner_id
    ) || case
        when r.discharge_disposition_code is null then '{"not_stated": "disposition"}'::jsonb else '{}'::jsonb
    end as detail
from core.encounter as r
cross join lateral (
    select evidence.facility_class(r.class_code, r.type_code) as facility_class
    limit 1 -- noqa: AM09
) as place
cross join lateral (
    select
        evidence.mapped('disposition', r.discharge_disposition_system, r.discharge_disposition_code) as disposition
    limit 1 -- noqa: AM09
) as gone
where place.facility_class is not null
    and r.status = 'finished' and r.ends_at is not null;

-- A visit counts once it is finished. An emergency is not a visit to the practice, whoever saw the patient.
-- Whether the practitioner may bill is read from the practitioner's record.
select
    r as record,
    case when r.status = 'finished' then 'visit' else 'visit_open' end as kind,
    r.type_system as code_system,
    r.type_code as code,
    r.type_codings as codings,
    r.starts_at as occurred_at,
    r.starts_at,
    r.ends_at,
    jsonb_build_object(
        'encounter', r.source_id,
        'appointment', r.appointment_id,
        'visit_number', r.visit_number,
        'order', nullif(r.orders, '[]'::jsonb)
    ) as identifiers,
    jsonb_build_object(
        'class', r.class_code,
        'status', r.status,
        'practitioner_id', r.practitioner_id
    ) as detail
from core.encounter as r
cross join lateral (
    select evidence.facility_class(r.class_code, r.type_code) as facility_class
    limit 1 -- noqa: AM09
) as place
cross join lateral (
    select evidence.mapped('visit_by_class', null, r.class_code) as class
    limit 1 -- noqa: AM09
) as visit
where place.facility_class is null
    and visit.class is not null
    and r.status in ('planned', 'arrived', 'triaged', 'in-progress', 'finished')
    and r.starts_at is not null;

select
    r as record,
    'hospice' as kind,
    coalesce(r.ends_at, r.starts_at) as occurred_at,
    jsonb_build_object('encounter', r.source_id) as identifiers
from core.encounter as r
cross join lateral (
    select
        coalesce(
            evidence.mapped('hospice', null, r.class_code), evidence.mapped('hospice', r.type_system, r.type_code)
        ) as care
    limit 1 -- noqa: AM09
) as hospice
cross join lateral (
    select
        evidence.mapped('disposition', r.discharge_disposition_system, r.discharge_disposition_code) as disposition
    limit 1 -- noqa: AM09
) as gone
where (hospice.care is not null or gone.disposition = 'hospice')
    and r.status in ('in-progress', 'finished')
    and r.starts_at is not null;
