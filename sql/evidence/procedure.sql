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
where evidence.mapped('medication_reconciliation', r.code_system, r.code) is not null
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
where evidence.mapped('hospice', r.code_system, r.code) is not null
    and r.status in ('preparation', 'in-progress', 'on-hold', 'completed')
    and coalesce(r.starts_at, r.ends_at) is not null;
