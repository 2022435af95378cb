-- reads: cases.case_record, evidence.fact, operations.role, operations.serves, tasks.inside, tasks.task,
--     tasks.transmission, tasks.transmission_task
-- makes: w_effect, w_asking, w_role, w_serves
-- changes: tasks.task

-- What tonight's tasks request, for whom and from which receiver: one row per effect, in plain columns.
-- `throughline.tasks.wire` builds the bytes from them, and intend.sql stores them before any call is made.

-- A contact that an interrupted night planned but never requested moves into tonight's window.
update tasks.task as t
set effect_key = concat_ws('|', 'contact', t.person_id, %(business_date)s::date + 1)
where t.closed_seq is null and t.planned_seq < %(seq)s and t.kind = 'outreach'
    and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
    and not exists (select from tasks.inside as i where i.task_id = t.task_id)
    -- a task that was to join a request does so, as long as the request is valid
    and not exists (
        select from tasks.transmission as x
        where x.effect_key = t.effect_key and x.outcome in ('intended', 'accepted', 'uncertain')
    );

-- One row per effect, however many tasks share it, with the system that holds its subject: the visit, or what opened
-- the case.
create temp table w_effect on commit drop as
with open_task as (
    select
        t.*,
        (select c.time_zone from cases.case_record as c where c.case_id = t.case_id) as time_zone,
        case
            when t.kind in ('documentation', 'billing') then evidence.source_of_visit(t.detail ->> 'encounter')
            else (
                select f.source
                from cases.case_record as c
                inner join evidence.fact as f on f.fact_id = c.trigger_fact_id
                where c.case_id = t.case_id
            )
        end as stands_in,
        array_position(array['stat', 'asap', 'urgent'], t.priority) as urgency
    from tasks.task as t
    where t.closed_seq is null and t.planned_seq <= %(seq)s
        and t.kind in ('outreach', 'scheduling', 'documentation', 'billing')
        and coalesce(t.detail ->> 'route', '') <> 'claim'
        and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
        and not exists (select from tasks.inside as i where i.task_id = t.task_id)
)

select
    t.effect_key,
    min(t.kind) as kind,
    case min(t.kind) when 'scheduling' then 'schedule' else min(t.kind) end as role,
    min(t.person_id::text)::uuid as person_id,
    array_agg(t.task_id order by t.task_id) as task_ids,
    min(t.due_at) as due_at,
    (array_agg(t.priority order by t.urgency))[1] as priority,
    (array_agg(t.detail order by t.task_id))[1] as detail,
    (array_agg(t.time_zone order by t.urgency, t.task_id))[1] as time_zone,
    (array_agg(t.stands_in order by t.urgency, t.task_id) filter (where t.stands_in is not null))[1]
    as stands_in
from open_task as t
where not exists (
    select from tasks.transmission as x
    where x.effect_key = t.effect_key and x.outcome in ('intended', 'accepted', 'uncertain')
)
group by t.effect_key;

analyze w_effect;

-- Of whom receiver.sql looks for the receiver, and among which systems.
create temp table w_asking on commit drop as
select e.effect_key as asked, e.kind, e.role, e.person_id, e.stands_in
from w_effect as e;

create temp table w_role on commit drop as
select r.source, r.role, r.connection, r.form
from operations.role as r;

create temp table w_serves on commit drop as
select v.source, v.kind, v.value
from operations.serves as v;
