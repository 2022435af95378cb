-- reads: operations.exception

-- Codes that nobody has mapped and on which facts rest, by source and field, the most urgent first.
select
    left(e.exception_id::text, 8) as number,
    e.detail ->> 'source' as source,
    e.detail ->> 'feed' as feed,
    e.detail ->> 'field' as field,
    e.detail ->> 'code' as code,
    (e.detail ->> 'records')::int as records,
    (e.detail ->> 'cases')::int as cases,
    coalesce((e.detail ->> 'codes')::int, 1) as codes,
    coalesce((e.detail ->> 'openings')::int, 0) as openings,
    e.owner_team,
    e.owner,
    e.due_at
from operations.exception as e
where
    e.reason = 'code_not_mapped'
    and e.opened_seq <= %(seq)s
    and (e.closed_seq is null or e.closed_seq > %(seq)s)
order by e.due_at, source, field, code, e.exception_id;
