-- reads: e_answer, e_case, e_proof, e_skip, r_end
-- changes: e_end

-- The ends of a level, the file's and the standing ones. `until: S` means that S is neither proven nor skipped now (7);
-- a stage that the end's own barred code would skip does not undo it.
insert into e_end (case_no, position, at_least, at_most)
select
    c.case_no,
    e.position,
    case when u.is_asked then coalesce(a.at_least, 0) else 0 end as at_least,
    case when u.is_asked then coalesce(a.at_most, 0) else 0 end as at_most
from r_end as e
inner join e_case as c on c.version_id = e.version_id
left join e_answer as a on a.case_no = c.case_no and a.condition_id = e.when_id
left join e_proof as p on p.case_no = c.case_no and p.stage_no = e.until_stage
left join e_skip as s on s.case_no = c.case_no and s.stage_no = e.until_stage
cross join lateral (
    select
        e.until_stage is null
        or (coalesce(p.at_least, 0) < 2 and (coalesce(e.bars, '') = 'code' or coalesce(s.at_least, 0) < 2)) as is_asked
) as u
where e.level = %(level)s;
