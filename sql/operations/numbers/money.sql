-- What is expected (not what was charged) by what stands between it and the bank: an open exception
-- first, else the stage that is not proven. A case without an expected amount is counted, not valued.
with troubled as (
    select distinct on (e.case_id)
        e.case_id,
        e.reason,
        e.owner_team
    from operations.exception as e
    where e.status = 'open' and e.case_id is not null
    order by e.case_id, e.due_at, e.reason
)

select
    coalesce('exception: ' || x.reason, c.stage || ': ' || c.stage_state) as blocked_by,
    coalesce(x.owner_team, c.owner_team) as owner_team,
    min(s.position) as place,
    count(*) as cases,
    coalesce(sum(c.expected_amount), 0) as expected,
    count(*) filter (where c.expected_amount is null) as not_valued,
    min(b.due_at) as first_deadline_at,
    (array_agg(left(c.case_id::text, 8) order by b.due_at nulls last, c.case_id))[1] as first_case
from cases.case_record as c
inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
left join troubled as x on x.case_id = c.case_id
left join cases.stage as b
    on b.case_id = c.case_id and b.stage = 'billed' and b.state in ('pending', 'unknown', 'missed', 'not_reached')
where c.status = 'open'
group by 1, 2
order by expected desc, cases desc;
