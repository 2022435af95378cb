-- reads: cases.case_record, cases.passed_unasked, cases.stage

-- Case progress: one row per workflow and stage, in the workflow's order. Excluded cases should not
-- have been opened and are left out. A case is at one stage only. A clock that ended while its
-- work was only observed is not missed.
select
    c.workflow,
    s.stage,
    min(s.position) as place,
    count(*) as cases,
    count(*) filter (where s.state = 'complete') as proven,
    count(*) filter (where s.state = 'waived') as waived,
    count(*) filter (where s.state = 'failed') as failed,
    count(*) filter (where c.status = 'open' and c.stage = s.stage and c.stage_state = 'pending') as pending,
    count(*) filter (where c.status = 'open' and c.stage = s.stage and c.stage_state = 'unknown') as unknown,
    count(*) filter (where c.status = 'open' and c.stage = s.stage and c.stage_state = 'missed' and u.case_id is null) as missed,
    count(*) filter (where c.status = 'open' and c.stage = s.stage and c.stage_state = 'blocked') as blocked,
    count(*) filter (where c.status = 'open' and c.stage = s.stage and c.stage_state = 'missed' and u.case_id is not null)
    as observed
from cases.case_record as c
inner join cases.stage as s on s.case_id = c.case_id
left join cases.passed_unasked as u on u.case_id = s.case_id and u.stage = s.stage
where c.status <> 'excluded'
group by c.workflow, s.stage
order by c.workflow, place, s.stage;
