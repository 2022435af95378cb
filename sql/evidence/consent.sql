-- The facts that consent records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'consent/' || r.source_id, 'consent', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'consent',
    null,
    r.category_code,
    null::numeric,
    coalesce(r.starts_at, r.recorded_at, left(r.source_version, 10)::timestamptz),
    null::timestamptz,
    r.ends_at,
    r.known_seq,
    r.source,
    'consent/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object()),
    jsonb_strip_nulls(jsonb_build_object(
        'provision', r.provision
    ))
from core.consent as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and coalesce(r.status, 'active') = 'active'
on conflict do nothing;

-- A refusal of contact is honoured at once (47 CFR 64.1200(a)(10) allows ten business days).
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'consent/' || r.source_id, 'opt_out', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'opt_out',
    null,
    r.category_code,
    null::numeric,
    coalesce(r.starts_at, r.recorded_at, left(r.source_version, 10)::timestamptz),
    null::timestamptz,
    r.ends_at,
    r.known_seq,
    r.source,
    'consent/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object()),
    jsonb_strip_nulls(jsonb_build_object())
from core.consent as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and coalesce(r.status, 'active') = 'active' and r.provision = 'deny'
    and r.category_code in ('contact', 'automated_contact')
on conflict do nothing;
