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
