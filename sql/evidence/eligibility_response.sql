-- The facts that eligibility response records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'eligibility_response/' || r.source_id, 'eligibility', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'eligibility',
    null,
    case when r.reject_code is not null then 'rejected' when r.is_active then 'active' else 'inactive' end,
    null::numeric,
    coalesce(evidence.day_start(r.as_of_date), left(r.source_version, 10)::timestamptz),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'eligibility_response/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'trace', r.trace_number,
        'member_id', r.member_id
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'payer_id', r.payer_id,
        'is_active', r.is_active,
        'part_b_from', r.part_b_from,
        'part_b_to', r.part_b_to,
        'is_advantage', r.is_advantage,
        'next_g0402_on', r.next_g0402_on,
        'next_g0438_on', r.next_g0438_on,
        'next_g0439_on', r.next_g0439_on,
        'is_hospice', r.is_hospice,
        'is_qmb', r.is_qmb,
        'reject', r.reject_code
    ))
from core.eligibility_response as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and true
on conflict do nothing;
