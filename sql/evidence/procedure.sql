-- The facts that procedure records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'procedure/' || r.source_id, 'medication_reconciliation', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'medication_reconciliation',
    r.code_system,
    r.code,
    null::numeric,
    coalesce(r.starts_at, r.ends_at),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'procedure/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.encounter_id
    )),
    jsonb_strip_nulls(jsonb_build_object())
from core.procedure as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and evidence.mapped('medication_reconciliation', r.code_system, r.code) is not null
    and r.status = 'completed' and coalesce(r.starts_at, r.ends_at) is not null
on conflict do nothing;

-- Hospice care that began, whether it is over or not: nobody is called any more.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'procedure/' || r.source_id, 'hospice', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'hospice',
    r.code_system,
    r.code,
    null::numeric,
    coalesce(r.starts_at, r.ends_at),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'procedure/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.encounter_id
    )),
    jsonb_strip_nulls(jsonb_build_object())
from core.procedure as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and evidence.mapped('hospice', r.code_system, r.code) is not null
    and r.status in ('preparation', 'in-progress', 'on-hold', 'completed') and coalesce(r.starts_at, r.ends_at) is not null
on conflict do nothing;
