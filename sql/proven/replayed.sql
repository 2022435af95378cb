-- reads: cases.case_record, cases.event, w_final, w_state

-- How the state derived just now (w_state, w_final) differs from what was recorded up to night %(seq)s, by
-- workflow, stage, and state then and now. Stages first, then whole cases.
with then_said as (
    select distinct on (e.case_id, e.stage) e.case_id, e.stage, e.to_state
    from cases.event as e
    where e.known_seq <= %(seq)s and e.kind in ('proven', 'taken_back', 'changed')
    order by e.case_id, e.stage, e.known_seq desc, e.event_id desc
),

then_stood as (
    select distinct on (e.case_id) e.case_id, e.to_state
    from cases.event as e
    where e.known_seq <= %(seq)s and e.kind not in ('proven', 'taken_back', 'changed')
    order by e.case_id, e.known_seq desc, e.event_id desc
),

changed as (
    select
        c.workflow,
        n.stage,
        coalesce(s.to_state, 'not_reached') as recorded,
        n.state as computed
    from w_final as n
    inner join cases.case_record as c on c.case_id = n.case_id and c.opened_seq <= %(seq)s
    left join then_said as s on s.case_id = n.case_id and s.stage = n.stage
    where n.state <> coalesce(s.to_state, 'not_reached')
    union all
    select
        c.workflow,
        'case' as stage,
        coalesce(s.to_state, 'open') as recorded,
        t.status as computed
    from w_state as t
    inner join cases.case_record as c on c.case_id = t.case_id and c.opened_seq <= %(seq)s
    left join then_stood as s on s.case_id = t.case_id
    where t.status <> coalesce(s.to_state, 'open')
)

select workflow, stage, recorded, computed, count(*) as cases
from changed
group by workflow, stage, recorded, computed
order by workflow, stage, recorded, computed;
