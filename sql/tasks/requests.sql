-- reads: cases.setting, evidence.practitioner, identity.link, identity.patient_record, operations.source,
--     tasks.transmission, w_attributed, w_effect, w_receiver
-- makes: w_intent

-- The requests of tonight's tasks (w_effect) to their receivers (w_receiver), and what is lacking for one.
create temp table w_intent on commit drop as
with patient as (
    -- the person's id at the receiver: for a task in a chart, its own record; for a booking, a record number it knows
    select distinct on (e.effect_key)
        e.effect_key, l.source, l.source_id as patient_id, p.mrn, p.general_practitioner_id
    from w_effect as e
    inner join w_receiver as r on r.asked = e.effect_key
    left join w_attributed as a on a.person_id = e.person_id
    inner join identity.link as l
        on l.person_id = e.person_id and l.status = 'active' and l.retired_seq is null
        and (
            l.source = r.source or l.source = any(r.charts)
            or ((e.kind = 'scheduling' or r.form = 'work_list') and r.charts is null)
        )
    inner join identity.patient_record as p
        on p.source = l.source and p.source_id = l.source_id and p.retracted_seq is null
        and p.replaced_by is null
    left join operations.source as k on k.source = l.source
    order by
        -- the practice's chart before the hospital of the stay: its number and telephone are the practice's
        e.effect_key, l.source = r.source desc, coalesce(k.is_chart, false) desc, (l.source = e.stands_in) desc nulls last,
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
    r.form = 'work_list' as in_list,
    -- a row of a list names the source of its patient; the receiver knows its own
    case when r.form = 'work_list' then p.source end as patient_source,
    case when r.form = 'work_list' then r.source end as list_source,
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
        when e.kind = 'documentation' and not e.detail ? 'encounter' then 'not_in_receiver'
        when r.source is null then 'no_receiver'
        when r.form = 'work_list' and p.patient_id is null then 'not_in_receiver'
        when r.form = 'work_list' then null
        when e.kind = 'scheduling' and p.mrn is null then 'not_in_receiver'
        when e.kind in ('outreach', 'documentation') and p.patient_id is null then 'not_in_receiver'
    end as lacks
from w_effect as e
inner join cases.setting as z on z.name = 'time_zone'
inner join cases.setting as h on h.name = 'contact_from'
inner join cases.setting as u on u.name = 'contact_to'
left join w_receiver as r on r.asked = e.effect_key
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
    w.call_until,
    w.patient_source,
    w.list_source
from w_intent as w
where w.lacks is null
order by w.effect_key;
