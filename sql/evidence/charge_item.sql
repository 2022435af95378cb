-- The facts that charge item records of this night state.

-- The clinician's own charge: the only source of codes, units, diagnoses and level.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'charge_item/' || r.source_id, 'charge', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'charge',
    r.code_system,
    r.code,
    r.amount,
    coalesce(r.entered_at, r.occurred_at),
    r.occurred_at,
    null::timestamptz,
    r.known_seq,
    r.source,
    'charge_item/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.encounter_id,
        'charge', r.source_id
    )),
    jsonb_strip_nulls(jsonb_build_object(
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
    ))
from core.charge_item as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.status in ('billable', 'billed', 'planned', 'not-billable') and r.code is not null and coalesce(r.entered_at, r.occurred_at) is not null
on conflict do nothing;
