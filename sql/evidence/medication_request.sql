-- reads: core.medication_request

-- A prescription; or one that was stopped: what was ordered, no proposal and no plan.
select
    r as record,
    case when r.status in ('stopped', 'cancelled') then 'medication_stopped' else 'medication' end as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    r.authored_at as occurred_at,
    r.day_only,
    jsonb_build_object(
        'order', r.source_id,
        'based_on', nullif(r.orders, '[]'::jsonb),
        'encounter', r.encounter_id
    ) as identifiers,
    jsonb_build_object(
        'intent', r.intent,
        'priority', r.priority,
        'category', r.category_code,
        'requester_id', r.requester_id,
        'reason', evidence.codings(r.reason_codings, r.reason_system, r.reason_code),
        'is_reported', r.is_reported
    ) as detail
from core.medication_request as r
where r.status in ('active', 'on-hold', 'completed', 'stopped', 'cancelled')
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
        'encounter', r.encounter_id
    ) as identifiers,
    jsonb_build_object(
        'what', 'medication',
        'intent', r.intent,
        'priority', r.priority,
        'category', r.category_code,
        'requester_id', r.requester_id,
        'reason', evidence.codings(r.reason_codings, r.reason_system, r.reason_code),
        'value_set', r.not_done_value_set
    ) as detail
from core.medication_request as r
where r.status in ('active', 'on-hold', 'completed')
    and r.do_not_perform and coalesce(r.code, r.not_done_value_set) is not null
    and r.intent in ('order', 'original-order', 'reflex-order', 'filler-order', 'instance-order')
    and r.authored_at is not null;
