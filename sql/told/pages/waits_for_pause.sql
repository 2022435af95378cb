-- reads: cases.case_record, cases.workflow_version, operations.sending_pause, tasks.inside, tasks.task,
--     tasks.transmission, tasks.transmission_task

-- The planned tasks that wait because sending is paused, by when they are due, one page of them; of some cases, or of all; of one
-- kind, or of each. Which they are is as sql/told/numbers/paused.sql counts them.
select
    t.task_id::text as task_id,
    t.case_id::text as case_id,
    t.kind,
    t.stage,
    coalesce(w.definition ->> 'title', t.workflow) as title,
    t.due_at,
    t.owner_team,
    t.owner
from tasks.task as t
inner join cases.case_record as c on c.case_id = t.case_id
left join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
where t.closed_seq is null
    and t.kind <> 'review'
    and (%(cases)s::uuid[] is null or t.case_id = any(%(cases)s::uuid[]))
    and (%(of_kind)s::text is null or t.kind = %(of_kind)s)
    and exists (select from operations.sending_pause)
    and not exists (select from tasks.inside as i where i.task_id = t.task_id)
    and not exists (
        select from tasks.transmission_task as l
        inner join tasks.transmission as x on x.transmission_id = l.transmission_id
        where l.task_id = t.task_id and x.outcome in ('accepted', 'uncertain')
    )
order by t.due_at, t.task_id
limit %(size)s offset %(skip)s;
