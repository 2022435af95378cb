-- reads: cases.case_record, cases.setting, cases.stage, evidence.fact, identity.link, operations.exception

-- Expected money (not charges, see cases/state.sql) by what blocks it: an open exception if there is one,
-- otherwise the stage that is not proven. A case without an expected amount is counted but adds
-- nothing to the sum.
with troubled as (
    select distinct on (e.case_id)
        e.case_id,
        e.reason,
        e.owner_team
    from operations.exception as e
    where e.status = 'open' and e.case_id is not null
    order by e.case_id, e.due_at, e.reason
),

-- The filing deadline of the visit's claim: the payer's limit runs from the day of the visit.
unfiled as (
    select
        c.case_id,
        c.person_id,
        coalesce(v.starts_at, v.occurred_at) as visited_at
    from cases.case_record as c
    inner join cases.stage as b on b.case_id = c.case_id and b.stage = 'billed' and b.state <> 'complete'
    left join cases.stage as s on s.case_id = c.case_id and s.stage = 'seen' and s.state = 'complete'
    inner join evidence.fact as v
        on v.fact_id = coalesce(s.fact_id, c.trigger_fact_id) and v.kind = 'visit'
    where c.status = 'open'
),

limited as (
    select
        u.case_id,
        u.visited_at + coalesce(p.days, 365) * interval '1 day' as file_by
    from unfiled as u
    left join lateral (
        select x.value::int as days
        from identity.link as l
        inner join evidence.fact as f
            on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'coverage'
        inner join cases.setting as x on x.name = 'payer_filing_days' and x.key = f.detail ->> 'payer_id'
        where
            l.person_id = u.person_id
            and l.status = 'active'
            and l.retired_seq is null
            and f.retracted_seq is null
            and coalesce(f.starts_at, '-infinity') <= u.visited_at
            and coalesce(f.ends_at, 'infinity') > u.visited_at
        order by (f.detail ->> 'order')::int nulls last, f.starts_at, f.fact_id
        limit 1
    ) as p on true
)

select
    coalesce('exception: ' || x.reason, c.stage || ': ' || c.stage_state) as blocked_by,
    coalesce(x.owner_team, c.owner_team) as owner_team,
    min(s.position) as place,
    count(*) as cases,
    coalesce(sum(c.expected_amount), 0) as expected,
    count(*) filter (where c.expected_amount is null) as not_valued,
    min(d.file_by) as first_deadline_at,
    (array_agg(left(c.case_id::text, 8) order by d.file_by nulls last, c.case_id))[1] as first_case
from cases.case_record as c
left join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
left join troubled as x on x.case_id = c.case_id
left join limited as d on d.case_id = c.case_id
where c.status = 'open'
group by 1, 2
order by expected desc, cases desc, blocked_by, owner_team;
