-- The facts that condition records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'condition/' || r.source_id, 'condition', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'condition',
    r.code_system,
    r.code,
    null::numeric,
    coalesce(r.onset_at, r.recorded_at),
    r.onset_at,
    r.abated_at,
    r.known_seq,
    r.source,
    'condition/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.encounter_id
    )),
    jsonb_strip_nulls(jsonb_build_object())
from core.condition as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.code is not null and coalesce(r.onset_at, r.recorded_at) is not null
    and coalesce(r.verification_status, 'confirmed') not in ('entered-in-error', 'refuted')
on conflict do nothing;
