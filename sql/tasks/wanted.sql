-- reads: cases.case_record
-- makes: w_wanted

-- What the open cases ask for tonight after reconcile: the input of the plan.
create temp table w_wanted on commit drop as
select
    c.case_id,
    c.person_id,
    c.workflow,
    c.stage,
    c.wanted,
    c.wanted_detail,
    c.owner_team,
    c.time_zone,
    c.trigger_ref,
    c.encounter_ref
from cases.case_record as c
where c.status = 'open'
    and c.wanted in ('outreach', 'scheduling', 'eligibility', 'documentation', 'billing', 'review');
