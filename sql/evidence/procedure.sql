-- reads: core.procedure

-- Medication reconciliation that was done.
select
    r as record,
    'medication_reconciliation' as kind,
    r.code_system,
    r.code,
    coalesce(r.starts_at, r.ends_at) as occurred_at,
    jsonb_build_object('encounter', r.encounter_id) as identifiers
from core.procedure as r
cross join lateral (
    select evidence.mapped('medication_reconciliation', r.code_system, r.code) as done
    limit 1 -- noqa: AM09
) as medicines
where medicines.done is not null
    and r.status = 'completed' and coalesce(r.starts_at, r.ends_at) is not null;

-- Hospice care that began, whether or not it has ended: the patient is not called.
select
    r as record,
    'hospice' as kind,
    r.code_system,
    r.code,
    coalesce(r.starts_at, r.ends_at) as occurred_at,
    jsonb_build_object('encounter', r.encounter_id) as identifiers
from core.procedure as r
cross join lateral (
    select evidence.mapped('hospice', r.code_system, r.code) as care
    limit 1 -- noqa: AM09
) as hospice
where hospice.care is not null
    and r.status in ('preparation', 'in-progress', 'on-hold', 'completed')
    and coalesce(r.starts_at, r.ends_at) is not null;

-- What was done, or broken off.
select
    r as record,
    'procedure' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    coalesce(r.starts_at, r.ends_at) as occurred_at,
    r.starts_at,
    r.ends_at,
    r.day_only,
    jsonb_build_object(
        'procedure', r.source_id,
        'encounter', r.encounter_id,
        'order', nullif(r.orders, '[]'::jsonb)
    ) as identifiers,
    jsonb_build_object(
        'practitioner_id', r.practitioner_id,
        'reason', evidence.codings(r.reason_codings, r.reason_system, r.reason_code)
    ) as detail
from core.procedure as r
where r.status in ('in-progress', 'on-hold', 'completed', 'stopped') and r.code is not null
    and coalesce(r.starts_at, r.ends_at) is not null;

-- What was not done, and why; or none of a whole value set.
select
    r as record,
    'not_done' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    coalesce(r.starts_at, r.ends_at) as occurred_at,
    r.starts_at,
    r.ends_at,
    r.day_only,
    jsonb_build_object(
        'encounter', r.encounter_id,
        'order', nullif(r.orders, '[]'::jsonb)
    ) as identifiers,
    jsonb_build_object(
        'what', 'procedure',
        'practitioner_id', r.practitioner_id,
        'reason', evidence.codings(r.reason_codings, r.reason_system, r.reason_code),
        'value_set', r.not_done_value_set
    ) as detail
from core.procedure as r
where r.status = 'not-done' and coalesce(r.code, r.not_done_value_set) is not null
    and coalesce(r.starts_at, r.ends_at) is not null;
