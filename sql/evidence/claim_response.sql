-- The facts that claim response records of this night state.

-- Only the payer's A2 is acceptance: A0 and A1 are forwarded and received.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'claim_response/' || r.source_id, case when r.category_code in ('A3', 'A4', 'A6', 'A7', 'A8') then 'claim_rejected'
        when r.category_code = 'A2' and r.is_from_payer then 'claim_accepted'
        else 'claim_forwarded' end, r.source_version))::uuid,
    'clearinghouse',
    'pcn:' || r.patient_control_number,
    case when r.category_code in ('A3', 'A4', 'A6', 'A7', 'A8') then 'claim_rejected'
        when r.category_code = 'A2' and r.is_from_payer then 'claim_accepted'
        else 'claim_forwarded' end,
    '277CA',
    concat_ws(':', r.category_code, r.status_code),
    null::numeric,
    evidence.day_start(r.effective_on),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'claim_response/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'patient_control_number', r.patient_control_number,
        'payer_claim_number', r.payer_claim_number
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'is_from_payer', r.is_from_payer,
        'sender', r.sender_id
    ))
from core.claim_response as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.patient_control_number is not null and r.effective_on is not null
on conflict do nothing;
