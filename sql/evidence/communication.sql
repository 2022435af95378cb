-- reads: core.communication

-- Two-way contact: a staff member spoke with somebody after the event. A voicemail, a text message
-- and a call about a booking are attempts, below.
select
    r as record,
    'contact' as kind,
    'contact_outcome' as code_system,
    contact.outcome as code,
    r.sent_at as occurred_at,
    jsonb_build_object(
        'communication', r.source_id,
        'communication_request', r.based_on ->> 0,
        'task', r.part_of ->> 0
    ) as identifiers,
    jsonb_build_object(
        'practitioner_id', r.sender_id,
        'medium', r.medium_code
    ) as detail
from core.communication as r
cross join lateral (
    select
        evidence.mapped('contact_outcome', null, r.outcome_code) as outcome,
        evidence.mapped('contact_about_booking', null, r.category_code) as about_booking,
        evidence.mapped('contact_by_message', null, r.medium_code) as message
    limit 1 -- noqa: AM09
) as contact
where r.status = 'completed' and r.sent_at is not null and r.sender_id is not null
    and contact.about_booking is null
    and contact.outcome in (
        'reached', 'declined', 'deceased', 'readmitted', 'done_elsewhere'
    );

select
    r as record,
    'attempt' as kind,
    'contact_outcome' as code_system,
    coalesce(contact.outcome, 'message_sent') as code,
    r.sent_at as occurred_at,
    jsonb_build_object(
        'communication', r.source_id,
        'communication_request', r.based_on ->> 0,
        'task', r.part_of ->> 0
    ) as identifiers,
    jsonb_build_object(
        'practitioner_id', r.sender_id,
        'medium', r.medium_code
    ) as detail
from core.communication as r
cross join lateral (
    select
        evidence.mapped('contact_outcome', null, r.outcome_code) as outcome,
        evidence.mapped('contact_about_booking', null, r.category_code) as about_booking,
        evidence.mapped('contact_by_message', null, r.medium_code) as message
    limit 1 -- noqa: AM09
) as contact
where r.status in ('completed', 'stopped') and r.sent_at is not null
    and (
        contact.outcome is not null
        or (r.outcome_code is null and contact.message is not null)
    );
