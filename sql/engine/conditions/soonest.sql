-- reads: e_moment, r_moment, r_soonest
-- changes: e_moment

-- `soonest`: of the moments that are there the one that ends first.
insert into e_moment (case_no, moment_id, first_at, last_at, base_first, by_number, by_unit)
select distinct on (p.case_no, m.moment_id)
    p.case_no, m.moment_id, p.first_at, p.last_at, p.base_first, p.by_number, p.by_unit
from r_moment as m
inner join r_soonest as s on s.moment_id = m.moment_id
inner join e_moment as p on p.moment_id = s.part_id
where m.level = %(level)s and m.anchor = 'soonest'
order by p.case_no, m.moment_id, p.last_at, s.position;
