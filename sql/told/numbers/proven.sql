-- reads: cases.case_record, cases.stage, evidence.fact

-- Stages completed by a fact that arrived since the day before.
select
    c.workflow,
    s.stage,
    min(s.position) as place,
    count(*) as cases
from evidence.fact as f
inner join cases.stage as s on s.fact_id = f.fact_id
inner join cases.case_record as c on c.case_id = s.case_id
where
    f.known_seq > %(since)s
    and f.known_seq <= %(seq)s
    and s.state = 'complete'
    and c.status <> 'excluded'
group by c.workflow, s.stage
order by c.workflow, place;
