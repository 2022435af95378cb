-- reads: cases.case_record

-- Open cases by where they stand, and ended ones by how they ended.
select
    c.workflow,
    c.status,
    case when c.status = 'open' then c.stage else coalesce(c.close_reason, c.status) end as stage,
    case when c.status = 'open' then c.stage_state else '' end as state,
    count(*) as cases
from cases.case_record as c
group by 1, 2, 3, 4
order by 1, 2, 3, 4;
