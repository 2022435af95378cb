-- The intentions of tonight's tasks: one per effect, with the exact bytes, before any call is made.
-- No diagnosis, no reason for the visit and no speciality is said in any of them.

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
    inner join core.patient as p
        on p.source = l.source and p.source_id = l.source_id and p.retracted_seq is null
        and not p.is_deleted and p.replaced_by is null
    order by e.person_id, p.is_active desc, l.source_id
),

doctor as (
    select p.person_id, d.source_id as practitioner_id, d.npi
    from patient as p
    inner join core.practitioner as d
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
    case e.kind
        when 'outreach' then jsonb_build_object(
            'resourceType', 'Task',
            'identifier', jsonb_build_array(
                jsonb_build_object('system', 'urn:throughline:effect', 'value', e.effect_key),
                jsonb_build_object('system', 'urn:throughline:task', 'value', e.task_ids[1])
            ),
            'status', 'requested',
            'intent', 'order',
            'priority', e.priority,
            'code', jsonb_build_object('coding', jsonb_build_array(jsonb_build_object(
                'system', 'urn:throughline:task-kind', 'code', 'outreach'
            ))),
            -- A logical reference: the bytes do not hang on the id that the receiver gives.
            'focus', jsonb_build_object(
                'type', 'CommunicationRequest',
                'identifier', jsonb_build_object(
                    'system', 'urn:throughline:effect', 'value', e.effect_key
                )
            ),
            'for', jsonb_build_object('reference', 'Patient/' || p.patient_id),
            'authoredOn', to_char(%(as_of)s at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'restriction', jsonb_build_object('period', jsonb_build_object(
                'start', to_char((%(business_date)s::date + 1 + h.value::time) at time zone z.value
                    at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                'end', to_char((greatest(
                    cases.local_day(e.due_at - interval '1 second'), %(business_date)s::date + 1
                ) + u.value::time) at time zone z.value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            ))
        )
        when 'scheduling' then jsonb_strip_nulls(jsonb_build_object(
            'mrn', p.mrn,
            'visit_type', e.detail ->> 'visit_type',
            'practitioner_npi', d.npi,
            'not_before', %(business_date)s::date + 1,
            'not_after', greatest((e.detail ->> 'not_after')::date, %(business_date)s::date + 7)
        ))
        when 'documentation' then jsonb_strip_nulls(jsonb_build_object(
            'resourceType', 'Task',
            'identifier', jsonb_build_array(
                jsonb_build_object('system', 'urn:throughline:effect', 'value', e.effect_key),
                jsonb_build_object('system', 'urn:throughline:task', 'value', e.task_ids[1])
            ),
            'status', 'requested',
            'intent', 'order',
            'priority', e.priority,
            'code', jsonb_build_object('coding', jsonb_build_array(jsonb_build_object(
                'system', 'urn:throughline:task-kind', 'code', 'documentation'
            ))),
            'for', jsonb_build_object('reference', 'Patient/' || p.patient_id),
            'focus', jsonb_build_object('reference', 'Encounter/' || (e.detail ->> 'encounter')),
            'owner', case when e.detail ? 'practitioner_id' then jsonb_build_object(
                'reference', 'Practitioner/' || (e.detail ->> 'practitioner_id')
            ) end,
            'authoredOn', to_char(%(as_of)s at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        ))
        else jsonb_strip_nulls(jsonb_build_object(
            'encounter_id', e.detail ->> 'encounter',
            'payer_id', e.detail ->> 'payer_id',
            'reason', 'no claim was sent for this visit'
        ))
    end as body,
    -- What goes before the body, as a resource of its own: the request that the task is about.
    case when e.kind = 'outreach' then jsonb_build_object(
        'resourceType', 'CommunicationRequest',
        'identifier', jsonb_build_array(jsonb_build_object(
            'system', 'urn:throughline:effect', 'value', e.effect_key
        )),
        'status', 'active',
        'priority', e.priority,
        'subject', jsonb_build_object('reference', 'Patient/' || p.patient_id),
        'medium', jsonb_build_array(jsonb_build_object('coding', jsonb_build_array(
            jsonb_build_object(
                'system', 'http://terminology.hl7.org/CodeSystem/v3-ParticipationMode',
                'code', 'PHONE'
            )
        ))),
        'payload', jsonb_build_array(jsonb_build_object(
            'contentString', 'Please call the patient and offer an appointment.'
        ))
    ) end as request,
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

-- The receiver's own keys: the id of this intention for systems that take one.
update w_intent
set body = body || case kind
    when 'booking' then jsonb_build_object('request_id', transmission_id)
    when 'work_item' then jsonb_build_object('work_item_id', transmission_id)
    else '{}'::jsonb
end;

insert into tasks.transmission (
    transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256,
    planned_seq, intended_at, lookup_deadline
)
select
    i.transmission_id, i.effect_key, i.kind, i.target, i.person_id, i.attempt,
    b.payload,
    encode(sha256(b.payload), 'hex'),
    %(seq)s, clock_timestamp(), %(as_of)s + interval '2 days'
from w_intent as i
cross join lateral (
    select convert_to(concat_ws(e'\n', i.request::text, i.body::text), 'UTF8') as payload
) as b
where i.is_complete
on conflict do nothing;

-- A task whose effect stands already joins it, whichever task first asked for it.
insert into tasks.transmission_task (transmission_id, task_id)
select x.transmission_id, t.task_id
from tasks.task as t
inner join tasks.transmission as x
    on x.effect_key = t.effect_key and x.outcome in ('intended', 'accepted', 'uncertain')
where t.closed_seq is null and t.planned_seq <= %(seq)s
    and not exists (select from tasks.transmission_task as l where l.task_id = t.task_id)
on conflict do nothing;

-- What was lacking is there by now.
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'what was lacking is there'
from tasks.task as t
where e.about_kind = 'task' and e.about_id = t.task_id::text and e.status = 'open'
    and e.reason in ('bad_contact_data', 'missing_billing_data')
    and coalesce(t.detail ->> 'route', '') <> 'claim'
    and t.task_id in (select l.task_id from tasks.transmission_task as l);

-- What cannot be said to the receiver, because the systems of record lack it.
select i.effect_key, i.kind, i.task_ids
from w_intent as i
where not i.is_complete
order by i.effect_key;
