-- reads: evidence.fact, identity.link, tasks.task

-- Claimed done, not proven: somebody marked our task as completed in the EHR, but no system of record
-- shows the work. The task stays open.
select
    t.workflow,
    t.stage,
    t.kind,
    t.owner_team,
    count(distinct t.task_id) as tasks,
    min(f.occurred_at) as oldest_at,
    (array_agg(distinct left(t.case_id::text, 8)))[1:12] as case_numbers
from tasks.task as t
inner join identity.link as l on l.person_id = t.person_id and l.status = 'active' and l.retired_seq is null
inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
where
    t.planned_seq <= %(seq)s
    and (t.closed_seq is null or t.closed_seq > %(seq)s)
    and f.kind = 'task_update'
    and f.code = 'completed'
    and f.identifiers ->> 'task' = t.task_id::text
    and f.known_seq <= %(seq)s
    and (f.retracted_seq is null or f.retracted_seq > %(seq)s)
group by t.workflow, t.stage, t.kind, t.owner_team
order by tasks desc, t.workflow, t.stage;
