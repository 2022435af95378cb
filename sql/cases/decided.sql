-- reads: cases.case_record, operations.decision, operations.exception, w_person
-- makes: w_decision

-- Decisions by named persons about these cases and their exceptions, up to this night.
create temp table w_decision on commit drop as
with own as (
    select c.case_id from w_person as w inner join cases.case_record as c on c.person_id = w.person_id
),

said as (
    select d.*, o.case_id, null::text as exception_stage, null::text as exception_reason
    from own as o
    inner join operations.decision as d on d.about_kind = 'case' and d.about_id = o.case_id::text
    union all
    select d.*, o.case_id, e.detail ->> 'stage', e.reason
    from own as o
    inner join operations.exception as e on e.case_id = o.case_id
    inner join operations.decision as d
        on d.about_kind = 'exception' and d.about_id = e.exception_id::text
    union all
    -- a named person closes what a workflow had open that was switched off; cases opened later are not meant
    select d.*, c.case_id, null::text, e.reason
    from own as o
    inner join cases.case_record as c on c.case_id = o.case_id
    inner join operations.exception as e on e.reason = 'workflow_switched_off' and e.about_id = c.workflow
    inner join operations.decision as d
        on d.about_kind = 'exception' and d.about_id = e.exception_id::text and d.kind = 'close_cases'
    where c.opened_seq < d.known_seq
)

select
    d.decision_id,
    d.known_seq,
    d.decided_at,
    d.decided_by,
    coalesce(d.detail ->> 'action', d.kind) as action,
    d.case_id,
    coalesce(d.exception_stage, d.detail ->> 'stage') as stage,
    coalesce(d.exception_reason, d.detail ->> 'reason') as reason,
    (d.detail ->> 'amount')::numeric as amount
from said as d
where d.known_seq <= %(seq)s;

create index on w_decision (case_id);
