-- reads: cases.case_record, cases.workflow_version, operations.exception, operations.night, tasks.task

-- One case: what it is, where it stands and what it waits for.
select
    c.case_id::text as case_id,
    c.person_id::text as person_id,
    c.workflow,
    c.version,
    coalesce(w.definition ->> 'title', c.workflow) as title,
    c.trigger_on,
    n.business_date as opened_on,
    c.status,
    c.close_reason,
    c.stage,
    c.stage_state,
    c.next_step,
    c.next_step_ref,
    c.next_due_at,
    c.waits_on_feeds,
    c.owner_team,
    c.wanted,
    c.expected_amount,
    c.expected_code,
    c.patient_control_number,
    e.reason as exception_reason,
    t.kind as task_kind,
    t.status as task_status,
    t.owner_team as task_team
from cases.case_record as c
left join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
left join operations.night as n on n.seq = c.opened_seq
left join operations.exception as e
    on c.next_step = 'exception' and e.exception_id = case c.next_step when 'exception' then c.next_step_ref::uuid end
left join tasks.task as t
    on c.next_step = 'task' and t.task_id = case c.next_step when 'task' then c.next_step_ref::uuid end
where c.case_id between %(first)s and %(last)s
order by c.case_id
limit 2;
