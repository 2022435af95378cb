-- reads: cases.case_record, cases.workflow_version, operations.decision, operations.exception

-- Workflows that are switched off, as long as cases of theirs are open, and on the night that switched them off: how
-- many are open, and what somebody has decided about them.
select
    v.workflow,
    v.title,
    v.cases,
    d.kind as decided,
    d.decided_by
from (
    select
        w.workflow,
        (array_agg(w.definition ->> 'title' order by w.version desc))[1] as title,
        max(w.retired_seq) as off_seq,
        (select count(*) from cases.case_record as c where c.workflow = w.workflow and c.status = 'open') as cases
    from cases.workflow_version as w
    group by w.workflow
    having max(w.retired_seq) is not null and bool_and(w.status <> 'active')
) as v
left join lateral (
    select x.kind, x.decided_by
    from operations.exception as e
    inner join operations.decision as x on x.about_kind = 'exception' and x.about_id = e.exception_id::text
    where e.reason = 'workflow_switched_off' and e.about_id = v.workflow and e.opened_seq >= v.off_seq
        and x.kind in ('finish', 'close_cases')
    order by x.decided_at desc
    limit 1
) as d on true
where v.off_seq <= %(seq)s and (v.cases > 0 or v.off_seq > %(since)s)
order by v.workflow;
