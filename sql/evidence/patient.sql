-- The facts that patient records of this night state.

-- A death blocks outreach; services already rendered stay billable.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'patient/' || r.source_id, 'death', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'death',
    null,
    null,
    null::numeric,
    coalesce(r.deceased_at, left(r.source_version, 10)::timestamptz),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'patient/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object()),
    jsonb_strip_nulls(jsonb_build_object())
from core.patient as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.is_deceased
on conflict do nothing;

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'patient/' || r.source_id, 'left_practice', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'left_practice',
    null,
    null,
    null::numeric,
    left(r.source_version, 10)::timestamptz,
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'patient/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object()),
    jsonb_strip_nulls(jsonb_build_object())
from core.patient as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and not r.is_active and r.replaced_by is null and not r.is_deceased
on conflict do nothing;

-- Whose patient this is: the record's general practitioner.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'patient/' || r.source_id, 'attribution', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'attribution',
    null,
    r.general_practitioner_id,
    null::numeric,
    left(r.source_version, 10)::timestamptz,
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'patient/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object()),
    jsonb_strip_nulls(jsonb_build_object())
from core.patient as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.general_practitioner_id is not null
on conflict do nothing;

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'patient/' || r.source_id, 'preference', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'preference',
    null,
    coalesce(r.language, 'unknown'),
    null::numeric,
    left(r.source_version, 10)::timestamptz,
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'patient/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object()),
    jsonb_strip_nulls(jsonb_build_object(
        'has_phone', r.phone is not null,
        'interpreter_required', r.interpreter_required,
        'preferred_contact', r.preferred_contact,
        'confidential_address', r.confidential_address,
        'state', r.state
    ))
from core.patient as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and true
on conflict do nothing;
