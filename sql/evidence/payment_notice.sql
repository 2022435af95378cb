-- reads: core.payment_notice

-- The patient's share, paid or written off. A write-off is a named person's act: one without a recorder proves nothing.
select
    r as record,
    'pcn' as subject_source,
    r.patient_control_number as subject_id,
    case r.payment_status when 'written-off' then 'write_off' else 'patient_payment' end as kind,
    r.payment_status as code,
    r.amount,
    coalesce(r.recorded_at, evidence.day_start(r.paid_on, (select cases.practice_zone()))) as occurred_at,
    jsonb_build_object('patient_control_number', r.patient_control_number) as identifiers,
    jsonb_build_object(
        'recorder', r.recorder,
        'receipt', r.receipt_number
    ) as detail
from core.payment_notice as r
where coalesce(r.status, 'active') = 'active'
    and r.patient_control_number is not null
    and coalesce(r.recorded_at, r.paid_on::timestamptz) is not null
    and (r.payment_status = 'paid' or (r.payment_status = 'written-off' and r.recorder is not null));
