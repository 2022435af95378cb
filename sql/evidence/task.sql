-- The facts that task records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'task/' || r.source_id, 'task_update', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'task_update',
    null,
    r.status,
    null::numeric,
    coalesce(r.last_modified_at, r.authored_at),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'task/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'task', r.our_identifier,
        'communication_request', r.based_on ->> 0
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'business_status', r.business_status
    ))
from core.task as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.our_identifier is not null and coalesce(r.last_modified_at, r.authored_at) is not null
on conflict do nothing;
