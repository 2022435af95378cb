-- The facts that payment records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'payment_line/' || r.source_id, 'remittance', r.source_version))::uuid,
    'clearinghouse',
    'pcn:' || r.patient_control_number,
    'remittance',
    'HCPCS',
    r.code,
    r.paid_amount,
    evidence.day_start(coalesce(c.paid_on, c.produced_on)),
    evidence.day_start(coalesce(r.service_from, c.service_from)),
    null::timestamptz,
    r.known_seq,
    r.source,
    'payment_line/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'patient_control_number', r.patient_control_number,
        'payer_claim_number', c.payer_claim_number,
        'line', r.line_no::text
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'charge', r.charge,
        'contractual', r.contractual_amount,
        'patient_responsibility', r.patient_responsibility,
        'denied', r.denied_amount,
        'other', r.other_adjustment,
        'clp_status', c.status_code,
        'is_reversal', r.is_reversal,
        'adjustments', r.adjustments,
        'remarks', to_jsonb(r.remark_codes),
        'check', c.check_number,
        'payer_id', c.payer_id,
        'crossover', c.crossover_payer
    ))
from core.payment_line as r
join core.payment as c on c.source = r.source and c.source_id = r.payment_source_id
    and c.known_seq <= %(seq)s and (c.retracted_seq is null or c.retracted_seq > %(seq)s)
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.patient_control_number is not null and coalesce(c.paid_on, c.produced_on) is not null
on conflict do nothing;

-- A claim paid without service lines is one fact.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'payment/' || r.source_id, 'remittance', r.source_version))::uuid,
    'clearinghouse',
    'pcn:' || r.patient_control_number,
    'remittance',
    'CLP',
    null,
    r.paid_amount,
    evidence.day_start(coalesce(r.paid_on, r.produced_on)),
    evidence.day_start(r.service_from),
    null::timestamptz,
    r.known_seq,
    r.source,
    'payment/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'patient_control_number', r.patient_control_number,
        'payer_claim_number', r.payer_claim_number
    )),
    jsonb_strip_nulls(jsonb_build_object(
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
    ))
from core.payment as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.patient_control_number is not null and coalesce(r.paid_on, r.produced_on) is not null
    and not exists (
        select from core.payment_line as l
        where l.payment_source_id = r.source_id and l.source = r.source
            and l.known_seq <= %(seq)s and (l.retracted_seq is null or l.retracted_seq > %(seq)s)
            and not l.is_deleted
    )
on conflict do nothing;
