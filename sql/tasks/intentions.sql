-- reads: cases.setting, evidence.practitioner, identity.link, identity.patient_record, tasks.task,
--     tasks.transmission, tasks.transmission_task
-- makes: w_intent
-- changes: tasks.task

-- Whom tonight's tasks ask for what, and of which receiver: one row per effect, in plain columns. The bytes are
-- built of them by `throughline.tasks.wire`, and written down with the intention (intend.sql) before any call is made.

-- A contact that an interrupted night planned and nobody was asked for falls into tonight's window.
update tasks.task as t
set effect_key = concat_ws('|', 'contact', t.person_id, %(business_date)s::date + 1)
where t.closed_seq is null and t.planned_seq < %(seq)s and t.kind = 'outreach'
    and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
    -- one that was to join a request joins it, as long as that stands
    and not exists (
        select from tasks.transmission as x
        where x.effect_key = t.effect_key and x.outcome in ('intended', 'accepted', 'uncertain')
    );

create temp table w_intent on commit drop as
with open_task as (
    select t.*
    from tasks.task as t
    where t.closed_seq is null and t.planned_seq <= %(seq)s
        and t.kind in ('outreach', 'scheduling', 'documentation', 'billing')
        and coalesce(t.detail ->> 'route', '') <> 'claim'
        and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
),

effect as (
    select
        t.effect_key,
        min(t.kind) as kind,
        min(t.person_id::text)::uuid as person_id,
        array_agg(t.task_id order by t.task_id) as task_ids,
        min(t.due_at) as due_at,
        (array_agg(t.priority order by array_position(array['stat', 'asap', 'urgent'], t.priority)))[1]
        as priority,
        (array_agg(t.detail order by t.task_id))[1] as detail
    from open_task as t
    group by t.effect_key
),

patient as (
    select distinct on (e.person_id)
        e.person_id, l.source_id as patient_id, p.mrn, p.general_practitioner_id
    from effect as e
    inner join identity.link as l
        on l.person_id = e.person_id and l.source = 'ehr' and l.status = 'active'
        and l.retired_seq is null
    inner join identity.patient_record as p
        on p.source = l.source and p.source_id = l.source_id and p.retracted_seq is null
        and p.replaced_by is null
    order by e.person_id, p.is_active desc, l.source_id
),

doctor as (
    select p.person_id, d.source_id as practitioner_id, d.npi
    from patient as p
    inner join evidence.practitioner as d
        on d.source = 'ehr' and d.source_id = p.general_practitioner_id and d.retracted_seq is null
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
    case e.kind
        when 'scheduling' then 'scheduling_api'
        when 'billing' then 'billing_main'
        else 'ehr_main'
    end as target,
    e.priority,
    p.patient_id,
    p.mrn,
    d.npi as practitioner_npi,
    e.detail ->> 'practitioner_id' as practitioner_id,
    e.detail ->> 'encounter' as encounter_id,
    e.detail ->> 'payer_id' as payer_id,
    e.detail ->> 'visit_type' as visit_type,
    %(business_date)s::date + 1 as not_before,
    greatest((e.detail ->> 'not_after')::date, %(business_date)s::date + 7) as not_after,
    (%(business_date)s::date + 1 + h.value::time) at time zone z.value as call_from,
    (greatest(cases.local_day(e.due_at - interval '1 second'), %(business_date)s::date + 1) + u.value::time)
    at time zone z.value as call_until,
    case e.kind
        when 'outreach' then p.patient_id is not null
        when 'scheduling' then p.mrn is not null
        when 'documentation' then e.detail ? 'encounter' and p.patient_id is not null
        else e.detail ? 'encounter'
    end as is_complete
from effect as e
inner join cases.setting as z on z.name = 'time_zone'
inner join cases.setting as h on h.name = 'contact_from'
inner join cases.setting as u on u.name = 'contact_to'
left join patient as p on p.person_id = e.person_id
left join doctor as d on d.person_id = e.person_id
left join lateral (
    select count(*) as attempts
    from tasks.transmission as x
    where x.effect_key = e.effect_key and x.outcome in ('rejected', 'withheld')
) as a on true
where not exists (
    select from tasks.transmission as x
    where x.effect_key = e.effect_key and x.outcome in ('intended', 'accepted', 'uncertain')
);

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
    w.payer_id,
    w.visit_type,
    w.not_before,
    w.not_after,
    w.call_from,
    w.call_until
from w_intent as w
where w.is_complete
order by w.effect_key;
