-- reads: operations.exception, operations.reason

-- Open exceptions by owner and reason.
select
    e.owner_team,
    e.reason,
    coalesce(min(r.title), e.reason) as title,
    count(*) as open,
    count(*) filter (where e.due_at < %(as_of)s) as overdue,
    count(*) filter (where e.due_at >= %(as_of)s and e.due_at < %(day_ends)s) as due_today,
    count(*) filter (where e.opened_seq > %(since)s) as opened,
    min(e.due_at) as first_due_at,
    coalesce(sum(e.amount), 0) as amount,
    (array_agg(distinct left(e.case_id::text, 8)) filter (where e.case_id is not null))[1:12] as case_numbers,
    -- without a case, name the subject: a file, a workflow, a source and kind of fact, a field and code
    (
        array_agg(coalesce(f.name, e.about_id) order by coalesce(f.name, e.about_id))
        filter (where e.about_kind in ('workflow', 'facts', 'code', 'status', 'file', 'sent_file', 'remittance', 'chain') or f.name is not null)
    )[1:12] as subjects
from operations.exception as e
left join operations.reason as r on r.reason = e.reason
cross join lateral (
    select case
        when e.about_kind = 'file'
            then concat(e.detail ->> 'source', '/', e.detail ->> 'name', ' (', replace(e.detail ->> 'why', '_', ' '), ')')
        when e.reason in ('claims_not_released', 'feed_not_released')
            then concat_ws(' ', left(e.about_id, 8), e.detail ->> 'about')
    end as name
) as f
where e.opened_seq <= %(seq)s and (e.closed_seq is null or e.closed_seq > %(seq)s)
group by e.owner_team, e.reason
order by e.owner_team, overdue desc, open desc, e.reason;
