-- The facts that payment notices of this night state: the patient's share, paid or written off.

-- A write-off is a named person's act: one without a recorder proves nothing.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'payment_notice/' || r.source_id,
        case r.payment_status when 'written-off' then 'write_off' else 'patient_payment' end,
        r.source_version))::uuid,
    'clearinghouse',
    'pcn:' || r.patient_control_number,
    case r.payment_status when 'written-off' then 'write_off' else 'patient_payment' end,
    null,
    r.payment_status,
    r.amount,
    coalesce(r.recorded_at, evidence.day_start(r.paid_on)),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'payment_notice/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_build_object('patient_control_number', r.patient_control_number),
    jsonb_strip_nulls(jsonb_build_object(
        'recorder', r.recorder,
        'receipt', r.receipt_number
    ))
from core.payment_notice as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and coalesce(r.status, 'active') = 'active'
    and r.patient_control_number is not null
    and coalesce(r.recorded_at, r.paid_on::timestamptz) is not null
    and (r.payment_status = 'paid' or (r.payment_status = 'written-off' and r.recorder is not null))
on conflict do nothing;
