-- reads: operations.escalation, operations.exception, operations.night, operations.question,
--     operations.team_wait, tasks.claim_batch

-- lead_was_not_told: A question is older than its team had to answer it, and the team's lead was not told.
select
    q.about_kind,
    q.about_id,
    concat('asked on ', q.asked_on, ' of ', q.owner_team) as detail
from operations.question as q
inner join lateral (
    select o.seq, o.business_date from operations.night as o
    where o.kind <> 'intraday' and (o.seq = %(seq)s::bigint or (%(seq)s::bigint is null and o.status = 'finished'))
    order by o.seq desc
    limit 1
) as n on true
left join operations.team_wait as w on w.team = q.owner_team
left join tasks.claim_batch as b on q.about_kind = 'claim_batch' and b.batch_id::text = q.about_id
where q.asked_seq < n.seq and coalesce(b.planned_seq, 0) < n.seq and q.asked_on <= n.business_date
    and q.owner_team is not null
    and least(cases.add_business_days(q.asked_on, coalesce(w.lead_after_days, 2)), q.exception_from) <= n.business_date + 1
    and not exists (
        select from operations.escalation as e where e.about_kind = q.about_kind and e.about_id = q.about_id
    );

-- question_is_no_exception: A question that nobody answered in time is no exception, and nobody acknowledged it this week.
select
    q.about_kind,
    q.about_id,
    concat('since ', q.exception_from) as detail
from operations.question as q
inner join lateral (
    select o.seq, o.business_date, o.cut_off from operations.night as o
    where o.kind <> 'intraday' and (o.seq = %(seq)s::bigint or (%(seq)s::bigint is null and o.status = 'finished'))
    order by o.seq desc
    limit 1
) as n on true
left join tasks.claim_batch as b on q.about_kind = 'claim_batch' and b.batch_id::text = q.about_id
where q.asked_seq < n.seq and coalesce(b.planned_seq, 0) < n.seq and q.asked_on <= n.business_date
    and q.exception_from <= n.business_date + 1
    and not exists (
        select from operations.exception as e
        left join operations.night as c on c.seq = e.closed_seq
        where e.about_kind = q.about_kind and e.about_id = q.about_id and e.reason = q.reason
            and (e.status = 'open' or (e.status = 'resolved' and c.cut_off > n.cut_off - interval '7 days'))
    );
