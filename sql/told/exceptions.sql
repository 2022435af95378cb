-- reads: cases.case_record, cases.stage, cases.workflow_version, evidence.fact, evidence.paid_line,
--     identity.link, landing.file, operations.decision, operations.exception, operations.reason, tasks.task,
--     tasks.transmission_task

-- What the words about exceptions are made of: one row for each of the given ids, in their order. No patient data: a case
-- is named by its number. An exception about a task, or about something that was sent, belongs to the task's case.
with asked as (
    select i.exception_id, i.place
    from unnest(%(ids)s::uuid[]) with ordinality as i (exception_id, place)
),

about as (
    select
        a.place,
        e.*,
        case when e.about_kind = 'file' then n.about_uuid end as file_id,
        case e.about_kind
            when 'task' then n.about_uuid
            when 'transmission' then (
                select l.task_id
                from tasks.transmission_task as l
                where l.transmission_id = n.about_uuid
                order by l.task_id
                limit 1
            )
        end as task_id
    from asked as a
    inner join operations.exception as e on e.exception_id = a.exception_id
    cross join lateral (
        select case when pg_input_is_valid(e.about_id, 'uuid') then e.about_id::uuid end as about_uuid
    ) as n
)

select
    e.exception_id::text as exception_id,
    e.reason,
    r.title,
    e.about_kind,
    e.about_id,
    e.owner_team,
    e.owner,
    e.opened_at,
    e.due_at,
    e.status,
    e.resolution,
    e.amount,
    e.detail,
    coalesce(e.person_id, c.person_id)::text as person_id,
    c.case_id::text as case_id,
    c.workflow,
    coalesce(w.definition ->> 'title', c.workflow) as workflow_title,
    coalesce(e.detail ->> 'stage', t.stage, c.stage) as stage,
    c.trigger_on,
    s.due_at as clock_ends_at,
    coalesce(k.tasks, 0) as tasks,
    k.last_task_at,
    k.last_reason,
    coalesce(a.attempts, 0) as attempts,
    a.last_attempt_at,
    a.last_outcome,
    d.kind as decided,
    d.decided_by,
    d.decided_at,
    d.owner as decided_owner,
    f.file_name,
    p.adjustments,
    v.lines
from about as e
left join operations.reason as r on r.reason = e.reason
left join tasks.task as t on t.task_id = e.task_id
left join cases.case_record as c on c.case_id = coalesce(e.case_id, t.case_id)
left join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
left join cases.stage as s
    on s.case_id = c.case_id and s.stage = coalesce(e.detail ->> 'stage', t.stage, c.stage)
left join lateral (
    select
        count(*) as tasks,
        max(o.planned_at) as last_task_at,
        (array_agg(o.status_reason order by o.attempt desc) filter (where o.status_reason is not null))[1] as last_reason,
        bool_or(o.kind = 'outreach') as is_outreach
    from tasks.task as o
    where o.case_id = c.case_id and o.stage = coalesce(e.detail ->> 'stage', t.stage, c.stage)
) as k on true
left join lateral (
    select
        count(*) as attempts,
        max(q.occurred_at) as last_attempt_at,
        (array_agg(q.code order by q.occurred_at desc))[1] as last_outcome
    from identity.link as l
    inner join evidence.fact as q on q.subject_source = l.source and q.subject_id = l.source_id
    where k.is_outreach and l.person_id = c.person_id and l.status = 'active' and l.retired_seq is null
        and q.kind = 'attempt' and q.retracted_seq is null and q.occurred_at >= c.trigger_on
) as a on true
left join lateral (
    select o.kind, o.decided_by, o.decided_at, o.detail ->> 'owner' as owner
    from operations.decision as o
    where o.known_seq is null
        and (
            (o.about_kind = 'exception' and o.about_id = e.exception_id::text)
            or (e.reason = 'rows_set_aside' and o.about_kind = 'set_aside' and o.about_id = e.about_id)
            or (e.about_kind = 'claim_batch' and o.about_kind = 'claim_batch' and o.about_id = e.about_id)
        )
    order by o.decided_at desc
    limit 1
) as d on true
left join lateral (
    select concat(g.source, '/', g.original_name) as file_name
    from landing.file as g
    where g.file_id = e.file_id
) as f on true
left join lateral (
    -- Medicare puts the patient's number behind the first 19 characters of a reference (CMS, MLN Matters MM7499)
    select string_agg(
        concat_ws(
            ' ', j.one ->> 'code', operations.adjustment_words(j.one ->> 'code'), left(j.one ->> 'reference', 19),
            j.one ->> 'amount'
        ), ', ' order by j.place
    ) as adjustments
    from jsonb_array_elements(e.detail -> 'adjustments') with ordinality as j (one, place)
) as p on true
left join lateral (
    -- what the payer did with each line that was charged; a line that no copy of the claim has goes by its own code
    select string_agg(
        concat(
            'line ', coalesce(o.line_no::text, '?'), ' (', o.code, '): ', 'charged ', coalesce(o.charge::text, '?'),
            ', paid ', o.paid, ', denied ', o.denied
        ), '; ' order by o.line_no nulls last, o.code
    ) as lines
    from (
        select
            b.line_no,
            coalesce(b.code, b.paid_code, 'no code') as code,
            max(b.charge) as charge,
            sum(b.paid_amount) as paid,
            coalesce(sum(b.denied_amount), 0) as denied
        from evidence.paid_line as b
        where b.patient_control_number = c.patient_control_number
        group by b.line_no, coalesce(b.code, b.paid_code, 'no code')
    ) as o
    where e.reason in ('claim_denied', 'patient_balance')
) as v on true
order by e.place;
