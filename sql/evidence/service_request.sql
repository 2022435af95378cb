-- reads: core.service_request

-- An order of a test, a procedure or a referral; or one that was called back: what was ordered, no proposal and no plan.
select
    r as record,
    case when r.status in ('revoked') then 'order_revoked' else 'order' end as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    r.authored_at as occurred_at,
    r.day_only,
    jsonb_build_object(
        'order', r.source_id,
        'based_on', nullif(r.orders, '[]'::jsonb),
        'encounter', r.encounter_id,
        'requisition', r.requisition,
        'replaces', nullif(r.replaces, '[]'::jsonb),
        'placer_order', r.placer_order,
        'filler_order', r.filler_order,
        'accession', r.accession
    ) as identifiers,
    jsonb_build_object(
        'intent', r.intent,
        'priority', r.priority,
        'category', r.category_code,
        'requester_id', r.requester_id,
        'reason', evidence.codings(r.reason_codings, r.reason_system, r.reason_code),
        'performer_id', r.performer_id,
        'specialty', evidence.codings(r.specialty_codings, r.specialty_system, r.specialty_code),
        'wanted_from', r.wanted_from,
        'wanted_until', r.wanted_until
    ) as detail
from core.service_request as r
where r.status in ('active', 'on-hold', 'completed', 'revoked')
    and not coalesce(r.do_not_perform, false) and r.code is not null
    and r.intent in ('order', 'original-order', 'reflex-order', 'filler-order', 'instance-order')
    and r.authored_at is not null;

-- One that says what is not to be done, and why.
select
    r as record,
    'not_done' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    r.authored_at as occurred_at,
    r.day_only,
    jsonb_build_object(
        'order', r.source_id,
        'based_on', nullif(r.orders, '[]'::jsonb),
        'encounter', r.encounter_id,
        'requisition', r.requisition,
        'replaces', nullif(r.replaces, '[]'::jsonb),
        'placer_order', r.placer_order,
        'filler_order', r.filler_order,
        'accession', r.accession
    ) as identifiers,
    jsonb_build_object(
        'what', 'order',
        'intent', r.intent,
        'priority', r.priority,
        'category', r.category_code,
        'requester_id', r.requester_id,
        'reason', evidence.codings(r.reason_codings, r.reason_system, r.reason_code),
        'value_set', r.not_done_value_set
    ) as detail
from core.service_request as r
where r.status in ('active', 'on-hold', 'completed')
    and r.do_not_perform and coalesce(r.code, r.not_done_value_set) is not null
    and r.intent in ('order', 'original-order', 'reflex-order', 'filler-order', 'instance-order')
    and r.authored_at is not null;
