-- reads: core.condition

-- A condition that was not entered in error.
select
    r as record,
    'condition' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.clinical_status as status,
    coalesce(r.onset_at, r.recorded_at) as occurred_at,
    r.onset_at as starts_at,
    r.abated_at as ends_at,
    jsonb_build_object('encounter', r.encounter_id) as identifiers
from core.condition as r
where r.code is not null and coalesce(r.onset_at, r.recorded_at) is not null
    and coalesce(r.verification_status, 'confirmed') not in ('entered-in-error', 'refuted');
