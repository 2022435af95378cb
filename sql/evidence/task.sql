-- reads: core.task

-- The status of a request of ours at its receiver.
select
    r as record,
    'task_update' as kind,
    r.status as code,
    coalesce(r.last_modified_at, r.authored_at) as occurred_at,
    jsonb_build_object(
        'task', r.our_identifier,
        'communication_request', r.based_on ->> 0
    ) as identifiers,
    jsonb_build_object('business_status', r.business_status) as detail
from core.task as r
where r.our_identifier is not null and coalesce(r.last_modified_at, r.authored_at) is not null;

-- A task that is not ours, about an order of the patient: whether whoever fulfils the order takes it, and what came of
-- it. It is about the patient whom the record itself names.
select
    r as record,
    'referral_task' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    coalesce(r.last_modified_at, r.authored_at) as occurred_at,
    jsonb_build_object(
        'task', r.source_id,
        'order', r.orders,
        'output', nullif(r.outputs, '[]'::jsonb)
    ) as identifiers,
    jsonb_build_object(
        'business_status', r.business_status,
        'owner_id', r.owner_id,
        'requester_id', r.requester_id
    ) as detail
from core.task as r
where r.our_identifier is null and r.subject_id is not null
    and jsonb_array_length(coalesce(r.orders, '[]'::jsonb)) > 0
    and r.status in (
        'requested', 'received', 'accepted', 'rejected', 'ready', 'cancelled', 'in-progress', 'on-hold', 'failed',
        'completed'
    )
    and coalesce(r.last_modified_at, r.authored_at) is not null;
