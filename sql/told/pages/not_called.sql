-- reads: operations.source, tasks.not_called()

-- Why nobody should call these persons now: what is asked before anything is sent (sql/tasks/forbidden.sql).
select
    n.person_id::text as person_id,
    n.reason,
    n.occurred_at,
    coalesce(o.title, n.source) as source
from tasks.not_called(%(persons)s::uuid[], %(as_of)s) as n
left join operations.source as o on o.source = n.source
order by n.person_id, n.reason;
