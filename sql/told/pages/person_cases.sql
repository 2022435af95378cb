-- reads: cases.case_record, cases.stage, cases.workflow_version

-- The cases of a person, the open ones first.
select
    c.case_id::text as case_id,
    coalesce(w.definition ->> 'title', c.workflow) as title,
    c.trigger_on,
    c.status,
    c.close_reason,
    c.stage,
    c.stage_state,
    c.next_step,
    c.next_due_at,
    c.owner_team,
    s.due_at as clock_at
from cases.case_record as c
left join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
left join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
where c.person_id = %(person)s
order by c.status <> 'open', c.trigger_on desc, c.case_id
limit 100;
