-- reads: cases.case_record, cases.workflow_version

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
    c.owner_team
from cases.case_record as c
left join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
where c.person_id = %(person)s
order by c.status <> 'open', c.trigger_on desc, c.case_id
limit 100;
