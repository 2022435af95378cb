-- The facts that communication records of this night state.

-- Two-way: somebody of the staff spoke with somebody, after the event. A voicemail, a text that was
-- sent and a call about a booking are attempts, below.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'communication/' || r.source_id, 'contact', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'contact',
    'contact_outcome',
    evidence.mapped('contact_outcome', null, r.outcome_code),
    null::numeric,
    r.sent_at,
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'communication/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'communication', r.source_id,
        'communication_request', r.based_on ->> 0,
        'task', r.part_of ->> 0
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'practitioner_id', r.sender_id,
        'medium', r.medium_code
    ))
from core.communication as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.status = 'completed' and r.sent_at is not null and r.sender_id is not null
    and evidence.mapped('contact_about_booking', null, r.category_code) is null
    and evidence.mapped('contact_outcome', null, r.outcome_code) in (
        'reached', 'declined', 'deceased', 'readmitted', 'done_elsewhere'
    )
on conflict do nothing;

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'communication/' || r.source_id, 'attempt', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'attempt',
    'contact_outcome',
    coalesce(evidence.mapped('contact_outcome', null, r.outcome_code), 'message_sent'),
    null::numeric,
    r.sent_at,
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'communication/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'communication', r.source_id,
        'communication_request', r.based_on ->> 0,
        'task', r.part_of ->> 0
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'practitioner_id', r.sender_id,
        'medium', r.medium_code
    ))
from core.communication as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.status in ('completed', 'stopped') and r.sent_at is not null
    and (
        evidence.mapped('contact_outcome', null, r.outcome_code) is not null
        or (r.outcome_code is null and evidence.mapped('contact_by_message', null, r.medium_code) is not null)
    )
on conflict do nothing;
