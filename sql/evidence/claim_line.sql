-- reads: core.claim, core.claim_line

-- What a claim states, one fact per service line, from any submitter. A line includes its claim's data, so
-- its fact is stated again if only the claim changed.
select
    r as record,
    -- an 837 identifies its patient by our control number, the EHR by its own id
    case
        when c.kind like '837%%' or c.subject_id is null then 'pcn'
        else c.subject_source
    end as subject_source,
    case
        when c.kind like '837%%' or c.subject_id is null then c.patient_control_number
        else c.subject_id
    end as subject_id,
    'claim' as kind,
    'HCPCS' as code_system,
    r.code,
    r.charge as amount,
    coalesce(c.created_at, evidence.day_start(coalesce(r.service_from, c.service_from), (select cases.practice_zone()))) as occurred_at,
    evidence.day_start(coalesce(r.service_from, c.service_from), (select cases.practice_zone())) as starts_at,
    %(seq)s::bigint as known_seq,
    greatest(r.source_version, c.source_version) as source_version,
    jsonb_build_object(
        'patient_control_number', coalesce(c.patient_control_number, 'ref:' || c.source_id),
        'encounter', c.encounter_id,
        'line', r.line_no::text
    ) as identifiers,
    jsonb_build_object(
        'rendering_npi', coalesce(r.rendering_npi, c.rendering_npi),
        'billing_npi', c.billing_npi,
        'payer_id', c.payer_id,
        'frequency', c.frequency_code,
        'original', c.original_payer_claim_number,
        'submitter', c.submitter_id,
        'total', c.total_charge,
        'modifiers', nullif(to_jsonb(r.modifiers), '[]'::jsonb)
    ) as detail
from core.claim as c
inner join core.claim_line as r on r.claim_source_id = c.source_id and r.source = c.source
where c.known_seq <= %(seq)s and (c.retracted_seq is null or c.retracted_seq > %(seq)s)
    and r.known_seq <= %(seq)s and (r.retracted_seq is null or r.retracted_seq > %(seq)s)
    and c.source_id in (
        select n.source_id from core.claim as n where n.known_seq = %(seq)s
        union
        select n.claim_source_id from core.claim_line as n where n.known_seq = %(seq)s
    )
    and not r.is_deleted and not c.is_deleted
    and r.code is not null
    and coalesce(c.created_at, c.service_from::timestamptz, r.service_from::timestamptz) is not null
    and coalesce(c.status, 'active') = 'active' and coalesce(c.use, 'claim') = 'claim'
    and (c.patient_control_number is not null or c.subject_id is not null);
