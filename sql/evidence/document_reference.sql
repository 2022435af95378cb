-- The facts that document reference records of this night state.

-- Signed and authenticated. A superseded document stays signed: what follows it amends it, and may not
-- be signed yet.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'document_reference/' || r.source_id, 'note', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'note',
    r.type_system,
    r.type_code,
    null::numeric,
    coalesce(r.authenticated_at, r.authored_at),
    r.authored_at,
    null::timestamptz,
    r.known_seq,
    r.source,
    'document_reference/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'document', r.source_id,
        'encounter', r.encounter_id
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'author_id', r.author_id,
        'authenticator_id', r.authenticator_id
    ))
from core.document_reference as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.status in ('current', 'superseded')
    and coalesce(r.doc_status, 'preliminary') in ('final', 'amended')
    and r.authenticator_id is not null and coalesce(r.authenticated_at, r.authored_at) is not null
on conflict do nothing;
