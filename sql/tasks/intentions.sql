-- reads: cases.case_record, cases.setting, evidence.fact, evidence.practitioner, identity.link,
--     identity.patient_record, operations.role, operations.serves, operations.source, tasks.task,
--     tasks.transmission, tasks.transmission_task
-- makes: w_effect, w_attributed, w_receiver, w_intent
-- changes: tasks.task

-- What tonight's tasks request, for whom and from which receiver: one row per effect, in plain columns.
-- `throughline.tasks.wire` builds the bytes from them, and intend.sql stores them before any call is made.

-- A contact that an interrupted night planned but never requested moves into tonight's window.
update tasks.task as t
set effect_key = concat_ws('|', 'contact', t.person_id, %(business_date)s::date + 1)
where t.closed_seq is null and t.planned_seq < %(seq)s and t.kind = 'outreach'
    and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
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

-- The system with a record of the practitioner to whom the person was most recently attributed.
create temp table w_attributed on commit drop as
select x.person_id, min(x.source) as source
from (
    select
        e.person_id,
        f.source,
        rank() over (partition by e.person_id order by f.occurred_at desc) as place
    from (select distinct w.person_id from w_effect as w) as e
    inner join identity.link as l
        on l.person_id = e.person_id and l.status = 'active' and l.retired_seq is null
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'attribution'
        and f.retracted_seq is null
    inner join evidence.practitioner as d
        on d.source = f.source and d.source_id = f.code and d.retracted_seq is null
) as x
where x.place = 1
group by x.person_id
having count(distinct x.source) = 1;

-- Which of the systems with a role gets the work: the one that holds the subject, else one where the person has an
-- active link, else that of the attributed practitioner. A system counts for the charts that it serves. A note is
-- signed in the system of its visit, because the visit's id means nothing elsewhere. If two or none remain, nothing
-- is requested.
create temp table w_receiver on commit drop as
with candidate as (
    select
        e.effect_key,
        r.source,
        r.connection,
        s.charts,
        coalesce(e.stands_in = r.source or e.stands_in = any(s.charts), false) as stands,
        (exists (
            select from identity.link as l
            where l.person_id = e.person_id and l.status = 'active' and l.retired_seq is null
                and (l.source = r.source or l.source = any(s.charts))
        )) as knows,
        coalesce(a.source = r.source or a.source = any(s.charts), false) as attributes,
        e.kind
    from w_effect as e
    inner join operations.role as r on r.role = e.role
    left join lateral (
        select array_agg(v.value) as charts
        from operations.serves as v
        where v.source = r.source and v.kind = 'charts'
    ) as s on true
    left join w_attributed as a on a.person_id = e.person_id
),

ranked as (
    select
        c.*,
        rank() over (
            partition by c.effect_key order by c.stands desc, c.knows desc, c.attributes desc
        ) as place
    from candidate as c
    where case
        when c.kind = 'documentation' then c.stands
        else c.charts is null or c.stands or (c.knows and c.kind <> 'billing')
    end
)

select f.effect_key, f.source, f.connection, f.charts
from (
    select r.*, count(*) over (partition by r.effect_key) as candidates
    from ranked as r
    where r.place = 1
) as f
where f.candidates = 1;

create temp table w_intent on commit drop as
with patient as (
    -- the person's id at the receiver: for a task in a chart, its own record; for a booking, a record number it knows
    select distinct on (e.effect_key)
        e.effect_key, l.source, l.source_id as patient_id, p.mrn, p.general_practitioner_id
    from w_effect as e
    inner join w_receiver as r on r.effect_key = e.effect_key
    left join w_attributed as a on a.person_id = e.person_id
    inner join identity.link as l
        on l.person_id = e.person_id and l.status = 'active' and l.retired_seq is null
        and (
            l.source = r.source or l.source = any(r.charts)
            or (e.kind = 'scheduling' and r.charts is null)
        )
    inner join identity.patient_record as p
        on p.source = l.source and p.source_id = l.source_id and p.retracted_seq is null
        and p.replaced_by is null
    order by
        e.effect_key, l.source = r.source desc, (l.source = e.stands_in) desc nulls last,
        (l.source = a.source) desc nulls last, p.is_active desc, l.source, l.source_id
)

select
    e.effect_key,
    md5(concat_ws('|', 'transmission', e.effect_key, 1 + coalesce(a.attempts, 0)))::uuid
    as transmission_id,
    1 + coalesce(a.attempts, 0) as attempt,
    e.person_id,
    e.task_ids,
    case e.kind
        when 'outreach' then 'outreach'
        when 'scheduling' then 'booking'
        when 'documentation' then 'documentation'
        else 'work_item'
    end as kind,
    r.connection as target,
    e.priority,
    p.patient_id,
    p.mrn,
    d.npi as practitioner_npi,
    e.detail ->> 'practitioner_id' as practitioner_id,
    evidence.id_of_visit(e.detail ->> 'encounter') as encounter_id,
    -- the visit's source, if its id alone does not identify it
    case when o.id_prefix <> '' then o.source end as encounter_source,
    e.detail ->> 'payer_id' as payer_id,
    e.detail ->> 'visit_type' as visit_type,
    %(business_date)s::date + 1 as not_before,
    greatest((e.detail ->> 'not_after')::date, %(business_date)s::date + 7) as not_after,
    (%(business_date)s::date + 1 + h.value::time) at time zone coalesce(e.time_zone, z.value) as call_from,
    (
        greatest(cases.local_day(e.due_at - interval '1 second', e.time_zone), %(business_date)s::date + 1)
        + u.value::time
    ) at time zone coalesce(e.time_zone, z.value) as call_until,
    -- the missing data because of which nothing can be requested
    case
        when e.kind = 'billing' and not e.detail ? 'encounter' then 'missing_billing_data'
        when e.kind = 'documentation' and not e.detail ? 'encounter' then 'bad_contact_data'
        when r.source is null then 'no_receiver'
        when e.kind = 'scheduling' and p.mrn is null then 'bad_contact_data'
        when e.kind in ('outreach', 'documentation') and p.patient_id is null then 'bad_contact_data'
    end as lacks
from w_effect as e
inner join cases.setting as z on z.name = 'time_zone'
inner join cases.setting as h on h.name = 'contact_from'
inner join cases.setting as u on u.name = 'contact_to'
left join w_receiver as r on r.effect_key = e.effect_key
left join operations.source as o on o.source = e.stands_in
left join patient as p on p.effect_key = e.effect_key
left join evidence.practitioner as d
    on d.source = p.source and d.source_id = p.general_practitioner_id and d.retracted_seq is null
left join lateral (
    select count(*) as attempts
    from tasks.transmission as x
    where x.effect_key = e.effect_key and x.outcome in ('rejected', 'withheld')
) as a on true;

select
    w.transmission_id,
    w.effect_key,
    w.kind,
    w.task_ids[1] as task_id,
    w.priority,
    %(as_of)s as asked_at,
    w.patient_id,
    w.mrn,
    w.practitioner_id,
    w.practitioner_npi,
    w.encounter_id,
    w.encounter_source,
    w.payer_id,
    w.visit_type,
    w.not_before,
    w.not_after,
    w.call_from,
    w.call_until
from w_intent as w
where w.lacks is null
order by w.effect_key;
