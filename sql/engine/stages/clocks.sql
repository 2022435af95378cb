-- reads: e_answer, e_case, e_moment, r_due, r_stage
-- changes: e_clock

-- Clocks of a level: of the rows of `due` the first whose condition holds and whose moment is there; alone, a moment
-- that is not there is no clock yet (25).
insert into e_clock (case_no, stage_no, first_at, last_at, in_hours, is_unsure)
select distinct on (c.case_no, s.stage_no)
    c.case_no, s.stage_no, m.first_at, m.last_at, coalesce(m.by_unit = 'hours', false) as in_hours, false as is_unsure
from r_stage as s
inner join e_case as c on c.version_id = s.version_id
inner join r_due as d on d.version_id = s.version_id and d.stage_no = s.stage_no
inner join e_moment as m on m.case_no = c.case_no and m.moment_id = d.moment_id
left join e_answer as a on a.case_no = c.case_no and a.condition_id = d.when_id
where s.clock_level = %(level)s and (d.when_id is null or a.at_least = 2)
order by c.case_no, s.stage_no, d.position;
