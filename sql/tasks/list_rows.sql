-- reads: cases.case_record, cases.setting, cases.stage, cases.visit_charge, cases.workflow_version,
--     evidence.coverage, evidence.fact, evidence.practitioner, evidence.visit, identity.link,
--     identity.patient_record, operations.night, operations.source, tasks.task, tasks.transmission,
--     tasks.transmission_task, tasks.wrong_numbers(), w_forbidden

-- The rows of one work list, by when each is due: what is still open and may go out, one row for each effect, however many
-- cases share it. What is on hold waits for a decision of ours, and is not on it.
with open_task as (
    select
        x.transmission_id,
        x.person_id,
        convert_from(x.payload, 'UTF8')::jsonb as said,
        x.outcome = 'intended' as is_new,
        t.task_id,
        t.case_id,
        t.kind,
        t.detail,
        t.priority,
        least(t.due_at, s.due_at) as due_at,
        s.due_at as clock_at,
        coalesce(c.time_zone, z.value) as time_zone,
        c.trigger_on,
        c.workflow,
        c.patient_control_number,
        coalesce(w.definition ->> 'title', c.workflow) as title,
        array_position(array['stat', 'asap', 'urgent'], t.priority) as urgency
    from tasks.transmission as x
    inner join tasks.transmission_task as l on l.transmission_id = x.transmission_id
    inner join tasks.task as t on t.task_id = l.task_id
    inner join cases.case_record as c on c.case_id = t.case_id
    inner join cases.setting as z on z.name = 'time_zone'
    left join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
    left join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage
    where x.in_list and x.target = %(connection)s and x.kind = %(kind)s and x.outcome in ('intended', 'accepted')
        and t.closed_seq is null and t.status <> 'on-hold'
        and not tasks.is_observed(%(seq)s, t.task_id, %(list)s)
        and not exists (
            select from w_forbidden as f
            where f.person_id = x.person_id and f.reaches_out = (x.kind in ('outreach', 'booking'))
        )
),

one as (
    select
        o.transmission_id,
        o.person_id,
        o.said,
        o.is_new,
        min(o.due_at) as due_at,
        min(o.clock_at) as clock_at,
        (array_agg(o.time_zone order by o.due_at, o.task_id))[1] as time_zone,
        (array_agg(o.priority order by o.urgency))[1] as priority,
        (array_agg(o.detail order by o.due_at, o.task_id))[1] as detail,
        array_agg(distinct o.kind) as kinds,
        array_agg(distinct o.case_id) as cases,
        array_agg(distinct o.patient_control_number) filter (where o.patient_control_number is not null) as claims,
        min(o.trigger_on) as since,
        jsonb_agg(
            jsonb_build_object('workflow', o.workflow, 'title', o.title, 'on', o.trigger_on, 'case', o.case_id)
            order by o.due_at, o.task_id
        ) as reasons
    from open_task as o
    where o.said ->> 'list' = %(source)s
    group by o.transmission_id, o.person_id, o.said, o.is_new
)

select
    o.transmission_id,
    o.is_new,
    o.due_at,
    o.time_zone,
    o.priority,
    p.source as subject_source,
    p.source_id as subject_id,
    p.family,
    p.given,
    p.birth_date,
    p.mrn,
    p.phone,
    u.said_at as wrong_at,
    p.language,
    p.interpreter_required,
    o.reasons,
    k.tried,
    e.earlier,
    o.said ->> 'visit_type' as visit_type,
    (o.said ->> 'not_before')::date as not_before,
    (o.said ->> 'not_after')::date as not_after,
    d.doctor,
    o.said ->> 'encounter_id' as encounter_id,
    v.starts_at as visit_at,
    y.payer,
    h.charges,
    q.claim,
    o.clock_at
from one as o
-- the patient as the practice's chart has them, the record that the row was planned with before another
inner join lateral (
    select r.*
    from identity.link as l
    inner join identity.patient_record as r
        on r.source = l.source and r.source_id = l.source_id and r.retracted_seq is null
    left join operations.source as own on own.source = l.source
    where l.person_id = o.person_id and l.status = 'active' and l.retired_seq is null
    order by
        r.replaced_by is null desc,
        coalesce(own.is_chart, false) desc,
        (r.source, r.source_id) = (o.said ->> 'patient_source', o.said ->> 'patient_id') desc,
        r.is_active desc, r.source, r.source_id
    limit 1
) as p on true
left join lateral (
    select n.said_at
    from tasks.wrong_numbers(array[o.person_id]) as n
    where n.digits = regexp_replace(p.phone, '\D', '', 'g')
) as u on true
left join lateral (
    -- what the systems say was tried, the newest last
    select jsonb_agg(jsonb_build_object('at', f.occurred_at, 'code', f.code) order by f.occurred_at) as tried
    from (
        select f.occurred_at, f.code
        from identity.link as l
        inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
        where l.person_id = o.person_id and l.status = 'active' and l.retired_seq is null
            and f.kind = 'attempt' and f.retracted_seq is null and f.occurred_at >= o.since
        order by f.occurred_at desc
        limit 5
    ) as f
) as k on true
left join lateral (
    -- what was asked for before, and how it ended
    select jsonb_agg(jsonb_build_object('on', n.business_date, 'why', coalesce(b.status_reason, b.status)) order by b.closed_seq) as earlier
    from tasks.task as b
    inner join operations.night as n on n.seq = b.closed_seq
    where b.case_id = any(o.cases) and b.kind = any(o.kinds) and b.status in ('failed', 'rejected')
) as e on true
left join evidence.visit as v
    on v.source = evidence.source_of_visit(o.detail ->> 'encounter') and v.source_id = o.said ->> 'encounter_id'
    and v.retracted_seq is null
left join lateral (
    select concat_ws(', ', r.family, r.given) as doctor
    from evidence.practitioner as r
    where r.retracted_seq is null
        and (r.npi = o.said ->> 'practitioner_npi' or (r.source = v.source and r.source_id = o.said ->> 'practitioner_id'))
    order by r.source, r.source_id
    limit 1
) as d on true
left join lateral (
    select c.payer_name as payer
    from identity.link as l
    inner join evidence.coverage as c on c.subject_source = l.source and c.subject_id = l.source_id
    where l.person_id = o.person_id and l.status = 'active' and l.retired_seq is null
        and c.payer_id = o.said ->> 'payer_id' and c.retracted_seq is null
    order by c.payer_name
    limit 1
) as y on true
left join lateral (
    select string_agg(
        concat_ws(' ', c.code, nullif(array_to_string(c.modifiers, ' '), ''), 'x ' || trim_scale(c.quantity), '$' || c.amount::numeric(14, 2)),
        '; ' order by c.code, c.source_id
    ) as charges
    from cases.visit_charge as c
    where o.kinds = array['billing'] and c.encounter_source = v.source and c.encounter_id = o.said ->> 'encounter_id' and c.retracted_seq is null
) as h on true
left join lateral (
    -- the claim of the visit, if a receiver refused it
    select jsonb_build_object('number', f.subject_id, 'code', f.code, 'at', f.occurred_at) as claim
    from evidence.fact as f
    where f.subject_source = 'pcn' and f.subject_id = any(o.claims) and f.kind = 'claim_rejected' and f.retracted_seq is null
    order by f.occurred_at desc, f.fact_id
    limit 1
) as q on true
order by o.due_at, o.transmission_id;
