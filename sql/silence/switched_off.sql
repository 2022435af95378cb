-- reads: cases.case_record, cases.workflow_version, operations.reason, operations.team_wait
-- makes: w_off
-- changes: operations.exception
-- counts: exceptions_cleared, exceptions_opened

-- Workflows that no definition runs any more, and that have open cases: they go on as they are, and somebody is asked
-- what becomes of them. Each time a workflow is switched off is one question.
create temp table w_off on commit drop as
select
    v.workflow,
    (array_agg(v.definition ->> 'owner_team' order by v.version desc))[1] as owner_team,
    max(v.retired_seq) as off_seq,
    md5(concat_ws('|', 'exception', 'workflow_switched_off', v.workflow, max(v.retired_seq)))::uuid as exception_id,
    (select count(*) from cases.case_record as c where c.workflow = v.workflow and c.status = 'open') as cases
from cases.workflow_version as v
group by v.workflow
having max(v.retired_seq) is not null and bool_and(v.status <> 'active');

-- count: exceptions_cleared
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'it runs again, or no case of it is open any more'
where e.status = 'open' and e.reason = 'workflow_switched_off'
    and not exists (select from w_off as w where w.exception_id = e.exception_id and w.cases > 0);

-- What a named person has decided stays decided.
-- count: exceptions_opened
insert into operations.exception as e (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
)
select
    w.exception_id, 'workflow', w.workflow, r.reason, coalesce(t.team, r.owner_team), %(seq)s, %(as_of)s,
    cases.day_end(%(business_date)s::date + r.due_days),
    jsonb_build_object('cases', w.cases)
from w_off as w
inner join operations.reason as r on r.reason = 'workflow_switched_off'
left join operations.team_wait as t on t.team = w.owner_team
where w.cases > 0
on conflict (exception_id) do update
set status = 'open', closed_seq = null, resolution = null, detail = excluded.detail
where e.status = 'cleared' or (e.status = 'open' and e.detail <> excluded.detail);
