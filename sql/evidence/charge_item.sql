-- reads: core.charge_item

-- The clinician's own charge: the only source of codes, units, diagnoses and level.
select
    r as record,
    'charge' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.amount,
    coalesce(r.entered_at, r.occurred_at) as occurred_at,
    r.occurred_at as starts_at,
    jsonb_build_object(
        'encounter', r.encounter_id,
        'visit_number', r.visit_number,
        'charge', r.source_id,
        'charge_number', r.charge_number
    ) as identifiers,
    jsonb_build_object(
        'units', r.quantity,
        'modifiers', to_jsonb(r.modifiers),
        'diagnoses', to_jsonb(r.diagnoses),
        'practitioner_id', r.performer_id,
        'mdm', r.mdm_level,
        'self_pay_restricted', r.is_self_pay_restricted,
        'no_charge_reason', coalesce(
            r.no_charge_reason, case r.status when 'not-billable' then 'not billable' end
        ),
        'global_period', r.global_period
    ) as detail
from core.charge_item as r
-- a planned charge is of a service that is not complete (FHIR R4, ChargeItemStatus)
where r.status in ('billable', 'billed', 'not-billable') and r.code is not null
    and coalesce(r.entered_at, r.occurred_at) is not null;
