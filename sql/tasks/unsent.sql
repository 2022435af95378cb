-- reads: operations.mode, tasks.task, tasks.transmission, tasks.transmission_task
-- makes: w_unsent

-- Open tasks of which nothing has been asked of anybody yet: those of a workflow, or for a target, that is only observed from
-- this night on end here. None if nothing is or was observed.
create temp table w_unsent on commit drop as
select t.task_id, t.case_id, t.person_id, t.workflow, t.kind, t.detail
from tasks.task as t
where t.closed_seq is null and t.planned_seq < %(seq)s and t.kind <> 'review'
    and exists (select from operations.mode as m where m.known_seq <= %(seq)s)
    and not exists (
        select from tasks.transmission_task as l
        inner join tasks.transmission as x on x.transmission_id = l.transmission_id
        where l.task_id = t.task_id and x.outcome in ('intended', 'accepted', 'uncertain')
    );
