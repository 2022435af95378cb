-- reads: core.payment, core.payment_line

-- What was paid for a service line of a claim. The line is the submitted one; the payer may have paid another code.
select
    r as record,
    'pcn' as subject_source,
    r.patient_control_number as subject_id,
    'remittance' as kind,
    'HCPCS' as code_system,
    r.code,
    r.paid_amount as amount,
    evidence.day_start(coalesce(c.paid_on, c.produced_on), (select cases.practice_zone())) as occurred_at,
    evidence.day_start(coalesce(r.service_from, c.service_from), (select cases.practice_zone())) as starts_at,
    jsonb_build_object(
        'patient_control_number', r.patient_control_number,
        'payer_claim_number', c.payer_claim_number,
        'line', r.line_no::text
    ) as identifiers,
    jsonb_build_object(
        'charge', r.charge,
        'paid_code', r.paid_code,
        'contractual', r.contractual_amount,
        'patient_responsibility', r.patient_responsibility,
        'denied', r.denied_amount,
        'other', r.other_adjustment,
        'clp_status', c.status_code,
        'is_reversal', c.status_code is not distinct from '22',
        'adjustments', r.adjustments,
        'remarks', to_jsonb(r.remark_codes),
        'check', c.check_number,
        'payer_id', c.payer_id,
        'crossover', c.crossover_payer
    ) as detail
from core.payment_line as r
inner join core.payment as c on c.source = r.source and c.source_id = r.payment_source_id
    and c.known_seq <= %(seq)s and (c.retracted_seq is null or c.retracted_seq > %(seq)s)
where r.patient_control_number is not null and coalesce(c.paid_on, c.produced_on) is not null
    -- 23 is not the payer's claim, 25 prices what was not done: neither is a decision on the claim
    and c.status_code is distinct from '23' and c.status_code is distinct from '25';
