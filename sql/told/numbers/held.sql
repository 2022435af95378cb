-- reads: operations.decision, tasks.let_out, tasks.observed

-- What was observed, is still due, and waits since its workflow is live again, by workflow; by whom it was let out, if the next
-- night takes that.
select
    x.workflow,
    count(distinct x.person_id) filter (where x.kind = 'outreach') as calls,
    count(*) filter (where x.kind = 'scheduling') as bookings,
    count(*) filter (where x.kind = 'eligibility') as inquiries,
    count(*) filter (where x.kind = 'documentation') as notes,
    count(*) filter (where x.kind = 'billing') as claims,
    d.decided_by as let_out_by
from tasks.observed as x
left join tasks.let_out as l
    on l.case_id = x.case_id and l.stage = x.stage and l.kind = x.kind and l.from_seq = x.from_seq
left join operations.decision as d on d.decision_id = l.decision_id
where x.is_held and x.from_seq <= %(seq)s and (x.to_seq is null or x.to_seq > %(seq)s)
group by x.workflow, d.decided_by
order by x.workflow, d.decided_by nulls first;
