-- reads: cases.visit_charge, operations.decision, operations.night, tasks.let_out, tasks.observed

-- What is observed or held now, one row for each thing that would be asked of somebody, for the page and the command: so
-- many of them (size; null is all) after some (skip).
select
    x.workflow,
    x.kind,
    x.stage,
    left(x.case_id::text, 8) as case_number,
    x.is_held,
    n.business_date as since,
    coalesce((
        select sum(c.amount)
        from cases.visit_charge as c
        where x.kind = 'billing'
            and c.encounter_source = evidence.source_of_visit(x.detail ->> 'encounter')
            and c.encounter_id = evidence.id_of_visit(x.detail ->> 'encounter')
            and c.retracted_seq is null
    ), 0) as amount,
    x.detail ->> 'payer_id' as payer_id,
    d.decided_by as let_out_by
from tasks.observed as x
inner join operations.night as n on n.seq = x.from_seq
left join tasks.let_out as l
    on l.case_id = x.case_id and l.stage = x.stage and l.kind = x.kind and l.from_seq = x.from_seq
left join operations.decision as d on d.decision_id = l.decision_id
where x.to_seq is null
order by x.is_held desc, x.workflow, x.kind, x.from_seq, x.case_id, x.stage
limit %(size)s offset %(skip)s;
