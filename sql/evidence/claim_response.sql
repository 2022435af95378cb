-- reads: core.claim_response

-- What a receiver says about a claim. Only the payer's A2 means accepted; A0 is forwarded, A1 received.
select
    r as record,
    'pcn' as subject_source,
    r.patient_control_number as subject_id,
    case when r.category_code in ('A3', 'A4', 'A6', 'A7', 'A8') then 'claim_rejected'
        when r.category_code = 'A2' and r.is_from_payer then 'claim_accepted'
        else 'claim_forwarded'
    end as kind,
    '277CA' as code_system,
    concat_ws(':', r.category_code, r.status_code) as code,
    evidence.day_start(r.effective_on, (select cases.practice_zone())) as occurred_at,
    jsonb_build_object(
        'patient_control_number', r.patient_control_number,
        'payer_claim_number', r.payer_claim_number
    ) as identifiers,
    jsonb_build_object(
        'is_from_payer', r.is_from_payer,
        'sender', r.sender_id
    ) as detail
from core.claim_response as r
where r.patient_control_number is not null and r.effective_on is not null;
