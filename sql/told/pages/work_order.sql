-- reads: cases.case_record, cases.stage, tasks.inside, tasks.task

-- The open work of one kind that stays inside, in its order: the late first, then what a call is needed for whose patient
-- nobody may call (not_called: persons), and last what nobody should do now.
with stopped as materialized (
    select distinct p.person_id
    from unnest(%(not_called)s::uuid[]) as p (person_id)
)

select t.task_id::text as task_id, x.person_id is not null as is_stopped
from tasks.inside as i
inner join tasks.task as t on t.task_id = i.task_id
inner join cases.case_record as c on c.case_id = t.case_id
left join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage
left join stopped as x on x.person_id = t.person_id
where t.closed_seq is null and t.kind = %(kind)s
order by
    t.status = 'on-hold' or c.stage_state = 'blocked', x.person_id is not null, least(t.due_at, s.due_at), t.case_id;
