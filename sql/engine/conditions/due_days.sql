-- reads: e_answer, e_case, e_moment, r_version, r_wait
-- changes: e_due_day

-- The day on which a case is due to open: the trigger, or the trigger and `wait`, of whose rows the first counts whose
-- condition holds and whose moment is there.
insert into e_due_day (case_no, first_at, last_at)
select c.case_no, c.trigger_first, c.trigger_last
from e_case as c
inner join r_version as v on v.version_id = c.version_id
where v.due_day_level = %(level)s and not v.has_wait;

insert into e_due_day (case_no, first_at, last_at)
select distinct on (c.case_no) c.case_no, m.first_at, m.last_at
from e_case as c
inner join r_version as v on v.version_id = c.version_id and v.due_day_level = %(level)s
inner join r_wait as w on w.version_id = c.version_id
inner join e_moment as m on m.case_no = c.case_no and m.moment_id = w.moment_id
left join e_answer as a on a.case_no = c.case_no and a.condition_id = w.when_id
where w.when_id is null or a.at_least = 2
order by c.case_no, w.position;
