-- reads: core.observation, core.observation_component

-- A part of an observation with a value of its own: the systolic of a blood pressure, an antibody of a panel. When it
-- was and of which status it is says its observation, so it is stated again if only that changed.
select
    r as record,
    case when coalesce(o.category_code, 'laboratory') in ('laboratory', 'imaging', 'procedure') then 'result'
        else 'observation'
    end as kind,
    r.code_system,
    r.code,
    r.codings,
    o.status,
    r.value,
    r.unit,
    coalesce(o.occurred_at, o.issued_at) as occurred_at,
    case when o.occurred_until is not null then o.occurred_at end as starts_at,
    o.occurred_until as ends_at,
    o.issued_at,
    o.day_only,
    %(seq)s::bigint as known_seq,
    greatest(r.source_version, o.source_version) as source_version,
    jsonb_build_object(
        'observation', o.source_id,
        'encounter', o.encounter_id,
        'specimen', o.specimen_id,
        'order', nullif(o.orders, '[]'::jsonb),
        'placer_order', o.placer_order,
        'filler_order', o.filler_order,
        'accession', o.accession
    ) as identifiers,
    jsonb_build_object(
        'category', o.category_code,
        'comparator', r.comparator,
        'value', evidence.codings(r.value_codings, r.value_system, r.value_code),
        'text', r.value_text,
        'interpretation', evidence.codings(r.interpretation_codings, null, r.interpretation_code),
        'reference_low', r.reference_low,
        'reference_high', r.reference_high,
        'performer_id', o.performer_id,
        'device_id', o.device_id
    ) as detail
from core.observation as o
inner join core.observation_component as r on r.observation_source_id = o.source_id and r.source = o.source
where o.known_seq <= %(seq)s and (o.retracted_seq is null or o.retracted_seq > %(seq)s)
    and r.known_seq <= %(seq)s and (r.retracted_seq is null or r.retracted_seq > %(seq)s)
    and o.source_id in (
        select n.source_id from core.observation as n where n.known_seq = %(seq)s
        union
        select n.observation_source_id from core.observation_component as n where n.known_seq = %(seq)s
    )
    and not r.is_deleted and not o.is_deleted
    and o.status in ('preliminary', 'final', 'amended', 'corrected') and r.code is not null
    and r.data_absent_reason is null and coalesce(o.occurred_at, o.issued_at) is not null;

-- One that has no value, with the reason.
select
    r as record,
    'not_done' as kind,
    r.code_system,
    r.code,
    r.codings,
    o.status,
    coalesce(o.occurred_at, o.issued_at) as occurred_at,
    case when o.occurred_until is not null then o.occurred_at end as starts_at,
    o.occurred_until as ends_at,
    o.issued_at,
    o.day_only,
    %(seq)s::bigint as known_seq,
    greatest(r.source_version, o.source_version) as source_version,
    jsonb_build_object(
        'observation', o.source_id,
        'encounter', o.encounter_id,
        'specimen', o.specimen_id,
        'order', nullif(o.orders, '[]'::jsonb),
        'placer_order', o.placer_order,
        'filler_order', o.filler_order,
        'accession', o.accession
    ) as identifiers,
    jsonb_build_object(
        'what', 'observation',
        'reason', evidence.codings(null, null, r.data_absent_reason)
    ) as detail
from core.observation as o
inner join core.observation_component as r on r.observation_source_id = o.source_id and r.source = o.source
where o.known_seq <= %(seq)s and (o.retracted_seq is null or o.retracted_seq > %(seq)s)
    and r.known_seq <= %(seq)s and (r.retracted_seq is null or r.retracted_seq > %(seq)s)
    and o.source_id in (
        select n.source_id from core.observation as n where n.known_seq = %(seq)s
        union
        select n.observation_source_id from core.observation_component as n where n.known_seq = %(seq)s
    )
    and not r.is_deleted and not o.is_deleted
    and o.status in ('preliminary', 'final', 'amended', 'corrected') and r.code is not null
    and r.data_absent_reason is not null and coalesce(o.occurred_at, o.issued_at) is not null;
