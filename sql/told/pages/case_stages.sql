-- reads: cases.stage, evidence.fact

-- The stages of a case, each with what proves it.
select
    s.stage,
    s.state,
    s.due_at,
    s.proven_at,
    s.reason,
    f.source,
    f.kind
from cases.stage as s
left join evidence.fact as f on f.fact_id = s.fact_id
where s.case_id = %(case_id)s
order by s.position;
