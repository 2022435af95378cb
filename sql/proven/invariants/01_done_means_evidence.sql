-- reads: cases.case_record, cases.stage, evidence.fact, identity.link, operations.source, scope_case,
--     scope_task, tasks.claim, tasks.task

-- complete_without_fact: A stage is complete and names no fact that proves it.
select
    'case' as about_kind,
    s.case_id::text as about_id,
    s.stage as detail
from scope_case as x
inner join cases.stage as s on s.case_id = x.case_id
where s.state = 'complete' and s.fact_id is null;

-- complete_by_fallen_fact: A stage is complete by a fact that was retracted or does not exist.
select
    'case' as about_kind,
    s.case_id::text as about_id,
    s.stage as detail
from scope_case as x
inner join cases.stage as s on s.case_id = x.case_id
left join evidence.fact as f on f.fact_id = s.fact_id
where s.state = 'complete' and s.fact_id is not null and (f.fact_id is null or f.retracted_seq is not null);

-- complete_by_stranger: A stage is complete by a fact about another person.
select
    'case' as about_kind,
    s.case_id::text as about_id,
    s.stage as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join cases.stage as s on s.case_id = x.case_id
inner join evidence.fact as f on f.fact_id = s.fact_id
where
    s.state = 'complete'
    and not exists (
        select from identity.link as l
        where
            l.source = f.subject_source
            and l.source_id = f.subject_id
            and l.person_id = c.person_id
            and l.status = 'active'
            and l.retired_seq is null
    );

-- completed_before_the_end: A case is closed as completed although its last stage is not proven.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    s.stage || ' is ' || s.state as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
left join lateral (
    select
        t.stage,
        t.state
    from cases.stage as t
    where t.case_id = c.case_id
    order by t.position desc
    limit 1
) as s on true
where c.status = 'completed' and s.state is distinct from 'complete';

-- completed_task_without_evidence: A task is completed and names no fact that ended it.
select
    'task' as about_kind,
    t.task_id::text as about_id,
    t.kind as detail
from scope_task as x
inner join tasks.task as t on t.task_id = x.task_id
where t.status = 'completed' and (t.closed_fact_id is null or t.closed_seq is null);

-- complete_by_claim_of_another_visit: A stage is complete by a claim of ours that was made for another visit.
select
    'case' as about_kind,
    s.case_id::text as about_id,
    s.stage || ' by the claim ' || k.patient_control_number as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join cases.stage as s on s.case_id = x.case_id and s.state = 'complete'
inner join evidence.fact as f on f.fact_id = s.fact_id
inner join tasks.claim as k on k.patient_control_number = f.identifiers ->> 'patient_control_number'
left join operations.source as o on o.source = k.encounter_source
where coalesce(o.id_prefix, '') || k.encounter_id is distinct from c.encounter_ref;
