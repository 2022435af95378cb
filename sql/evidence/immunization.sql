-- reads: core.immunization

-- A vaccination that was given. Of a month or a year alone, it was on some day of it.
select
    r as record,
    'immunization' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.occurred_at,
    case when r.occurred_until is not null then r.occurred_at end as starts_at,
    r.occurred_until as ends_at,
    r.day_only,
    jsonb_build_object('encounter', r.encounter_id) as identifiers,
    jsonb_build_object(
        'practitioner_id', r.practitioner_id,
        'is_primary_source', r.is_primary_source,
        'is_subpotent', r.is_subpotent
    ) as detail
from core.immunization as r
where r.status = 'completed' and r.code is not null and r.occurred_at is not null;

-- One that was not given, and why; or none of a whole value set.
select
    r as record,
    'not_done' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.occurred_at,
    case when r.occurred_until is not null then r.occurred_at end as starts_at,
    r.occurred_until as ends_at,
    r.day_only,
    jsonb_build_object('encounter', r.encounter_id) as identifiers,
    jsonb_build_object(
        'what', 'immunization',
        'practitioner_id', r.practitioner_id,
        'reason', evidence.codings(r.reason_codings, r.reason_system, r.reason_code),
        'value_set', r.not_done_value_set
    ) as detail
from core.immunization as r
where r.status = 'not-done' and coalesce(r.code, r.not_done_value_set) is not null and r.occurred_at is not null;
