-- reads: cases.case_record, cases.do_not_bill, cases.setting, cases.stage, evidence.fact,
--     evidence.service_location, evidence.visit, operations.decision, operations.exception, tasks.claim,
--     tasks.impossible_claim, tasks.task

-- What is known of each claim of a batch beside its file: the place's name, the cases that the claim serves with what
-- proves their stages, what was asked about them and what a person decided. The JSON comes as text: a person waits for
-- the page, and msgspec reads it in a third of the time.
with served as (
    select
        k.patient_control_number,
        c.case_id,
        c.workflow,
        c.trigger_on,
        c.trigger_fact_id,
        c.trigger_ref,
        c.expected_code,
        coalesce(c.time_zone, z.value) as zone,
        g.position as stage_no,
        coalesce(n.reason, case when i.why is not null then 'impossible_date' end) as do_not_bill
    from tasks.claim as k
    inner join tasks.task as t on t.effect_key = k.effect_key and t.closed_seq is null
    inner join cases.case_record as c on c.case_id = t.case_id
    left join cases.setting as z on z.name = 'time_zone' and z.key = ''
    left join cases.stage as g on g.case_id = c.case_id and g.stage = t.stage
    left join cases.do_not_bill as n on n.case_id = c.case_id
    left join lateral (
        select v.why from tasks.impossible_claim as v where v.patient_control_number = k.patient_control_number
        order by v.why
        limit 1
    ) as i on true
    where k.batch_id = %(batch_id)s::uuid
),

proof as materialized (
    select
        w.patient_control_number,
        w.case_id,
        jsonb_agg(jsonb_build_object(
            'stage', p.stage, 'state', p.state, 'reason', p.reason, 'kind', f.kind, 'code', f.code, 'source', f.source,
            'on', to_char(f.occurred_at at time zone w.zone, 'YYYY-MM-DD'),
            'due', to_char(p.due_at at time zone w.zone - interval '1 second', 'YYYY-MM-DD')
        ) order by p.place) as proofs
    from served as w
    cross join lateral (
        select 0 as place, null as stage, 'began' as state, null as reason, null::timestamptz as due_at,
            w.trigger_fact_id as fact_id
        union all
        select g.position, g.stage, g.state, g.reason, g.due_at, g.fact_id
        from cases.stage as g
        where g.case_id = w.case_id and g.position < w.stage_no
    ) as p
    left join evidence.fact as f on f.fact_id = p.fact_id
    where p.place > 0 or p.fact_id is not null
    group by w.patient_control_number, w.case_id
),

-- What was asked: the exceptions before the case, or before one of its tasks.
question as (
    select distinct w.patient_control_number, w.case_id, w.zone, e.exception_id
    from served as w
    inner join operations.exception as e on e.case_id = w.case_id
    union
    select w.patient_control_number, w.case_id, w.zone, e.exception_id
    from served as w
    inner join tasks.task as t on t.case_id = w.case_id
    inner join operations.exception as e on e.about_kind = 'task' and e.about_id = t.task_id::text
    union
    -- what a named person stated of the discharge that opened it
    select w.patient_control_number, w.case_id, w.zone, e.exception_id
    from served as w
    inner join evidence.fact as f
        on f.source = 'by_hand' and f.kind = 'decision' and f.identifiers ->> 'trigger' = w.trigger_ref and f.retracted_seq is null
    inner join operations.exception as e on e.exception_id::text = f.identifiers ->> 'exception'
),

asked as materialized (
    select
        a.patient_control_number,
        a.case_id,
        jsonb_agg(jsonb_build_object(
            'reason', e.reason, 'status', e.status, 'on', to_char(e.opened_at at time zone a.zone, 'YYYY-MM-DD')
        ) order by e.opened_seq, e.reason, e.exception_id) as asked
    from question as a
    inner join operations.exception as e on e.exception_id = a.exception_id
    group by a.patient_control_number, a.case_id
),

decided as materialized (
    select
        s.patient_control_number,
        s.case_id,
        jsonb_agg(jsonb_build_object(
            'act', d.kind, 'who', d.decided_by, 'about', s.reason,
            'note', case
                when d.detail ?| array['disposition', 'level', 'done_on']
                    then concat_ws(
                        ': ', coalesce(d.detail ->> 'disposition', d.detail ->> 'level', d.detail ->> 'done_on'), d.note
                    )
                else d.note
            end,
            'on', to_char(d.decided_at at time zone s.zone, 'YYYY-MM-DD')
        ) order by d.decided_at, d.decision_id) as decided
    from (
        select a.patient_control_number, a.case_id, a.zone, 'exception' as about_kind, e.exception_id::text as about_id, e.reason
        from question as a
        inner join operations.exception as e on e.exception_id = a.exception_id
        union all
        select w.patient_control_number, w.case_id, w.zone, 'case' as about_kind, w.case_id::text as about_id, 'case' as reason
        from served as w
    ) as s
    inner join operations.decision as d on d.about_kind = s.about_kind and d.about_id = s.about_id
    group by s.patient_control_number, s.case_id
),

told as materialized (
    select
        w.patient_control_number,
        jsonb_agg(jsonb_build_object(
            'case', left(w.case_id::text, 8), 'workflow', w.workflow, 'began', w.trigger_on, 'expects', w.expected_code,
            'do_not_bill', w.do_not_bill, 'proofs', coalesce(p.proofs, '[]'::jsonb),
            'asked', coalesce(q.asked, '[]'::jsonb), 'decided', coalesce(d.decided, '[]'::jsonb)
        ) order by w.workflow, w.case_id) as cases
    from served as w
    left join proof as p on p.patient_control_number = w.patient_control_number and p.case_id = w.case_id
    left join asked as q on q.patient_control_number = w.patient_control_number and q.case_id = w.case_id
    left join decided as d on d.patient_control_number = w.patient_control_number and d.case_id = w.case_id
    group by w.patient_control_number
)

select
    k.patient_control_number,
    k.frequency_code,
    k.content::text as content,
    h.name as place,
    coalesce(w.cases, '[]'::jsonb)::text as cases
from tasks.claim as k
left join told as w on w.patient_control_number = k.patient_control_number
left join evidence.visit as e
    on e.source = k.encounter_source and e.source_id = k.encounter_id and e.retracted_seq is null
left join evidence.service_location as h
    on h.source = e.source and h.source_id = e.location_id and h.retracted_seq is null
where k.batch_id = %(batch_id)s::uuid
order by k.patient_control_number;
