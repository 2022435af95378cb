-- reads: core.payment, core.payment_line

-- A claim paid without service lines is one fact.
select
    r as record,
    'pcn' as subject_source,
    r.patient_control_number as subject_id,
    'remittance' as kind,
    'CLP' as code_system,
    r.paid_amount as amount,
    evidence.day_start(coalesce(r.paid_on, r.produced_on)) as occurred_at,
    evidence.day_start(r.service_from) as starts_at,
    jsonb_build_object(
        'patient_control_number', r.patient_control_number,
        'payer_claim_number', r.payer_claim_number
    ) as identifiers,
    jsonb_build_object(
        'charge', r.total_charge,
        'contractual', r.contractual_amount,
        'patient_responsibility', r.patient_responsibility,
        'denied', r.denied_amount,
        'other', r.other_adjustment,
        'clp_status', r.status_code,
        'is_reversal', r.is_reversal,
        'adjustments', r.adjustments,
        'remarks', to_jsonb(r.remark_codes),
        'check', r.check_number,
        'payer_id', r.payer_id,
        'crossover', r.crossover_payer
    ) as detail
from core.payment as r
where r.patient_control_number is not null and coalesce(r.paid_on, r.produced_on) is not null
    and not exists (
        select from core.payment_line as l
        where l.payment_source_id = r.source_id and l.source = r.source
            and l.known_seq <= %(seq)s and (l.retracted_seq is null or l.retracted_seq > %(seq)s)
            and not l.is_deleted
    );
