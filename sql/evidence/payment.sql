-- reads: core.payment, core.payment_line

-- A claim paid without service lines is one fact. If it has lines, so is what it was paid and adjusted beside them: the
-- adjustments of the claim itself, and lines that an institution's claim does not list.
select
    r as record,
    'pcn' as subject_source,
    r.patient_control_number as subject_id,
    'remittance' as kind,
    'CLP' as code_system,
    r.paid_amount - l.paid as amount,
    evidence.day_start(coalesce(r.paid_on, r.produced_on), (select cases.practice_zone())) as occurred_at,
    evidence.day_start(r.service_from, (select cases.practice_zone())) as starts_at,
    jsonb_build_object(
        'patient_control_number', r.patient_control_number,
        'payer_claim_number', r.payer_claim_number
    ) as identifiers,
    jsonb_build_object(
        'charge', r.total_charge - l.charge,
        'contractual', r.contractual_amount - l.contractual,
        -- CLP05 may be more than the sum of its reasons, and is believed where nothing else says who owes
        'patient_responsibility', case when l.lines = 0 then r.patient_responsibility else a.patient end,
        'denied', r.denied_amount - l.denied,
        'other', r.other_adjustment - l.other,
        'clp_status', r.status_code,
        'is_reversal', r.status_code is not distinct from '22',
        'adjustments', r.adjustments,
        'remarks', to_jsonb(r.remark_codes),
        'check', r.check_number,
        'payer_id', r.payer_id,
        'crossover', r.crossover_payer
    ) as detail
from core.payment as r
cross join lateral (
    select
        count(*) as lines,
        coalesce(sum(l.charge), 0) as charge,
        coalesce(sum(l.paid_amount), 0) as paid,
        coalesce(sum(l.contractual_amount), 0) as contractual,
        coalesce(sum(l.denied_amount), 0) as denied,
        coalesce(sum(l.other_adjustment), 0) as other
    from core.payment_line as l
    where l.payment_source_id = r.source_id and l.source = r.source
        and l.known_seq <= %(seq)s and (l.retracted_seq is null or l.retracted_seq > %(seq)s)
        and not l.is_deleted
) as l
cross join lateral (
    select coalesce(sum((j.one ->> 'amount')::numeric), 0) as patient
    from jsonb_array_elements(r.adjustments) as j (one)
    where j.one ->> 'group' = 'PR'
) as a
where r.patient_control_number is not null and coalesce(r.paid_on, r.produced_on) is not null
    and (l.lines = 0 or r.adjustments <> '[]'::jsonb or r.paid_amount <> l.paid)
    -- 23 is not the payer's claim, 25 prices what was not done: neither is a decision on the claim
    and r.status_code is distinct from '23' and r.status_code is distinct from '25';
