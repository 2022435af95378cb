-- reads: cases.not_opened, cases.workflow_version, operations.night

-- What opened no case, by workflow and reason: discharges and visits of the last 30 days, what is due by the
-- calendar, and claims that nobody has for as long as the workflow bills their visits. A thing with two reasons counts for both; `alone` counts those with no other reason.
with thing as (
    select
        k.workflow,
        k.trigger_ref,
        k.person_id,
        k.reason,
        k.happened_on,
        count(*) over (partition by k.person_id, k.workflow, k.trigger_ref) as reasons
    from cases.not_opened as k
    inner join cases.workflow_version as v
        on v.workflow = k.workflow and v.activated_seq is not null and v.retired_seq is null
    inner join operations.night as n on n.seq = %(seq)s
    where k.source is null or k.happened_on > n.business_date - 30
        or (
            k.reason in ('claim_rejected', 'claim_not_answered')
            and k.happened_on >= n.business_date - (v.definition -> 'trigger' ->> 'known_within_days')::int
        )
)

select
    t.workflow,
    t.reason,
    count(*) as things,
    count(*) filter (where t.reasons = 1) as alone,
    (
        select sum(1.0 / a.reasons)::int from thing as a where a.workflow = t.workflow
    ) as together,
    case when t.reason in ('claim_rejected', 'claim_not_answered') then min(t.happened_on) end as since
from thing as t
group by t.workflow, t.reason
order by t.workflow, things desc, t.reason;
