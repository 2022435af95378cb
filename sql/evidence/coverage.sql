-- The facts that coverage records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'coverage/' || r.source_id, 'coverage', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'coverage',
    'payer_class',
    evidence.payer_class(r.type_code, null, r.payer_id),
    null::numeric,
    coalesce(evidence.day_start(r.starts_on), '1900-01-01'::timestamptz),
    evidence.day_start(r.starts_on),
    evidence.day_start(r.ends_on + 1),
    r.known_seq,
    r.source,
    'coverage/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'member_id', r.member_id
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'payer_id', r.payer_id,
        'member_id', r.member_id,
        'order', r.coverage_order,
        'is_qmb', r.is_qmb,
        'payer_name', r.payer_name,
        'relationship', r.relationship
    ))
from core.coverage as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and coalesce(r.status, 'active') = 'active'
on conflict do nothing;
