-- The facts that claim records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'claim_line/' || r.source_id, 'claim', r.source_version))::uuid,
    coalesce(c.subject_source, r.source),
    coalesce(c.subject_id, 'pcn:' || r.patient_control_number),
    'claim',
    'HCPCS',
    r.code,
    r.charge,
    coalesce(c.created_at, (coalesce(r.service_from, c.service_from))::timestamp at time zone 'UTC'),
    (coalesce(r.service_from, c.service_from))::timestamp at time zone 'UTC',
    null::timestamptz,
    r.known_seq,
    r.source,
    'claim_line/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'patient_control_number', coalesce(r.patient_control_number, 'ref:' || r.claim_source_id),
        'encounter', c.encounter_id,
        'line', r.line_no::text
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'rendering_npi', coalesce(r.rendering_npi, c.rendering_npi),
        'billing_npi', c.billing_npi,
        'payer_id', c.payer_id,
        'frequency', c.frequency_code,
        'submitter', c.submitter_id,
        'total', c.total_charge
    ))
from core.claim_line as r
join core.claim as c on c.source = r.source and c.source_id = r.claim_source_id
    and c.known_seq <= %(seq)s and (c.retracted_seq is null or c.retracted_seq > %(seq)s)
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.code is not null and coalesce(c.created_at, c.service_from::timestamptz, r.service_from::timestamptz) is not null
    and (c.status is null or c.status = 'active') and coalesce(c.use, 'claim') = 'claim'
on conflict do nothing;
