-- reads: core.document_reference

-- Signed and authenticated notes. A superseded note stays signed: its successor amends it and may not be
-- signed yet.
select
    r as record,
    'note' as kind,
    r.type_system as code_system,
    r.type_code as code,
    r.type_codings as codings,
    coalesce(r.authenticated_at, r.authored_at) as occurred_at,
    r.authored_at as starts_at,
    jsonb_build_object(
        'document', r.source_id,
        'document_number', r.document_number,
        'encounter', r.encounter_id,
        'visit_number', r.visit_number,
        'order', nullif(r.orders, '[]'::jsonb)
    ) as identifiers,
    jsonb_build_object(
        'author_id', r.author_id,
        'authenticator_id', r.authenticator_id
    ) as detail
from core.document_reference as r
where r.status in ('current', 'superseded')
    and coalesce(r.doc_status, 'preliminary') in ('final', 'amended')
    and r.authenticator_id is not null and coalesce(r.authenticated_at, r.authored_at) is not null;
