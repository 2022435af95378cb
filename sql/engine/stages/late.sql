-- reads: e_case, e_clock, e_due, e_proof, r_stage
-- changes: e_late

-- Late: the due passed, feeds complete, not proven (26). A proof that is unknown, or a clock that may stand still
-- longer, leaves it unknown.
insert into e_late (case_no, stage_no, at_least, at_most)
select
    c.case_no,
    s.stage_no,
    case when l.is_over and not l.is_unsure then 2 else 0 end as at_least,
    case when l.is_over then 2 else 0 end as at_most
from r_stage as s
inner join e_case as c on c.version_id = s.version_id
left join e_due as d on d.case_no = c.case_no and d.stage_no = s.stage_no
left join e_clock as k on k.case_no = c.case_no and k.stage_no = s.stage_no
left join e_proof as p on p.case_no = c.case_no and p.stage_no = s.stage_no
cross join lateral (
    select
        coalesce(%(now)s > d.last_at, false) and p.at_least < 2 as is_over,
        p.at_most = 2 or coalesce(k.is_unsure, false) as is_unsure
) as l
where s.late_level = %(level)s;
