-- reads: core.patient

-- A death blocks outreach; services already rendered stay billable.
select
    r as record,
    'death' as kind,
    coalesce(r.deceased_at, left(r.source_version, 10)::timestamptz) as occurred_at
from core.patient as r
where r.is_deceased;

select
    r as record,
    'left_practice' as kind,
    left(r.source_version, 10)::timestamptz as occurred_at
from core.patient as r
where not r.is_active and r.replaced_by is null and not r.is_deceased;

-- Whose patient this is: the record's general practitioner.
select
    r as record,
    'attribution' as kind,
    r.general_practitioner_id as code,
    left(r.source_version, 10)::timestamptz as occurred_at
from core.patient as r
where r.general_practitioner_id is not null;

select
    r as record,
    'preference' as kind,
    coalesce(r.language, 'unknown') as code,
    left(r.source_version, 10)::timestamptz as occurred_at,
    jsonb_build_object(
        'has_phone', r.phone is not null,
        'interpreter_required', r.interpreter_required,
        'preferred_contact', r.preferred_contact,
        'confidential_address', r.confidential_address,
        'state', r.state
    ) as detail
from core.patient as r;
