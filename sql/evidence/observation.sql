-- reads: core.observation

-- A result of a laboratory, of imaging or of a procedure; or anything else that was measured, asked or seen, which
-- is no result: a blood pressure that is flagged as high must open nothing that waits for laboratory results.
select
    r as record,
    case when coalesce(r.category_code, 'laboratory') in ('laboratory', 'imaging', 'procedure') then 'result'
        else 'observation'
    end as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    r.value,
    r.unit,
    coalesce(r.occurred_at, r.issued_at) as occurred_at,
    case when r.occurred_until is not null then r.occurred_at end as starts_at,
    r.occurred_until as ends_at,
    r.issued_at,
    r.day_only,
    jsonb_build_object(
        'observation', r.source_id,
        'encounter', r.encounter_id,
        'specimen', r.specimen_id,
        'order', nullif(r.orders, '[]'::jsonb),
        'placer_order', r.placer_order,
        'filler_order', r.filler_order,
        'accession', r.accession
    ) as identifiers,
    jsonb_build_object(
        'category', r.category_code,
        'comparator', r.comparator,
        'value', evidence.codings(r.value_codings, r.value_system, r.value_code),
        'text', r.value_text,
        'interpretation', evidence.codings(r.interpretation_codings, null, r.interpretation_code),
        'reference_low', r.reference_low,
        'reference_high', r.reference_high,
        'performer_id', r.performer_id,
        'device_id', r.device_id
    ) as detail
from core.observation as r
where r.status in ('preliminary', 'final', 'amended', 'corrected') and r.code is not null
    and r.data_absent_reason is null and coalesce(r.occurred_at, r.issued_at) is not null;

-- One that was not made, or has no value, with the reason.
select
    r as record,
    'not_done' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    coalesce(r.occurred_at, r.issued_at) as occurred_at,
    case when r.occurred_until is not null then r.occurred_at end as starts_at,
    r.occurred_until as ends_at,
    r.issued_at,
    r.day_only,
    jsonb_build_object(
        'observation', r.source_id,
        'encounter', r.encounter_id,
        'order', nullif(r.orders, '[]'::jsonb),
        'placer_order', r.placer_order,
        'filler_order', r.filler_order,
        'accession', r.accession
    ) as identifiers,
    jsonb_build_object(
        'what', 'observation',
        'reason', evidence.codings(null, null, r.data_absent_reason)
    ) as detail
from core.observation as r
where (
        r.status = 'cancelled'
        or (r.status in ('preliminary', 'final', 'amended', 'corrected') and r.data_absent_reason is not null)
    )
    and r.code is not null and coalesce(r.occurred_at, r.issued_at) is not null;

-- One that was entered in error: what it said before is taken back, and this says so.
select
    r as record,
    'withdrawn' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    coalesce(r.occurred_at, r.issued_at) as occurred_at,
    case when r.occurred_until is not null then r.occurred_at end as starts_at,
    r.occurred_until as ends_at,
    r.issued_at,
    r.day_only,
    jsonb_build_object(
        'observation', r.source_id,
        'encounter', r.encounter_id,
        'order', nullif(r.orders, '[]'::jsonb),
        'placer_order', r.placer_order,
        'filler_order', r.filler_order,
        'accession', r.accession
    ) as identifiers,
    jsonb_build_object('what', 'observation') as detail
from core.observation as r
where r.status = 'entered-in-error' and r.code is not null and coalesce(r.occurred_at, r.issued_at) is not null;
