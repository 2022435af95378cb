-- reads: operations.exception

-- Rows and files that were set aside and that nobody has decided about, the most urgent first.
select
    e.reason as what,
    left(e.exception_id::text, 8) as number,
    e.detail ->> 'source' as source,
    coalesce(e.detail ->> 'feed', '') as feed,
    e.detail ->> 'name' as name,
    (e.detail ->> 'business_date')::date as business_date,
    coalesce((e.detail ->> 'rows')::int, 1) as things,
    coalesce((e.detail ->> 'cases')::int, 0) as cases,
    array(
        select jsonb_array_elements_text(coalesce(e.detail -> 'reasons', jsonb_build_array(e.detail -> 'why')))
    ) as reasons,
    coalesce(e.detail -> 'sums', '[]') as sums,
    e.owner_team,
    e.owner,
    e.due_at
from operations.exception as e
where
    e.reason in ('rows_set_aside', 'file_refused')
    and e.opened_seq <= %(seq)s
    and (e.closed_seq is null or e.closed_seq > %(seq)s)
order by e.due_at, e.reason, source, feed, e.exception_id;
