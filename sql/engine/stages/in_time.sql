-- reads: e_answer, e_case, e_clock, e_met, e_proof, r_stage
-- changes: e_in_time, e_met

-- `met_by`: what keeps the clock without proof, before the rule's due; without a clock nothing is kept.
insert into e_met (case_no, stage_no, at_least, at_most)
select
    c.case_no,
    s.stage_no,
    case when k.case_no is null then 0 else coalesce(a.at_least, 0) end as at_least,
    case when k.case_no is null then 0 else coalesce(a.at_most, 0) end as at_most
from r_stage as s
inner join e_case as c on c.version_id = s.version_id
left join e_answer as a on a.case_no = c.case_no and a.condition_id = s.met_by_id
left join e_clock as k on k.case_no = c.case_no and k.stage_no = s.stage_no
where s.time_level = %(level)s;

-- In time: proven, or met, before the due of the rule; not yet while its clock runs and neither has happened (26).
insert into e_in_time (case_no, stage_no, at_least, at_most)
select
    c.case_no,
    s.stage_no,
    case when w.is_in then 2 when m.at_most = 2 then m.at_least when u.is_unknown then 0 when o.is_over then 0
    else 1 end as at_least,
    case when w.is_in then 2 when m.at_most = 2 then m.at_most when u.is_unknown then 2 when o.is_over then 0
    else 1 end as at_most
from r_stage as s
inner join e_case as c on c.version_id = s.version_id
inner join e_met as m on m.case_no = c.case_no and m.stage_no = s.stage_no
inner join e_proof as p on p.case_no = c.case_no and p.stage_no = s.stage_no
left join e_clock as k on k.case_no = c.case_no and k.stage_no = s.stage_no
cross join lateral (
    select p.at_least = 2 and p.at_first is not null and (k.case_no is null or p.at_first <= k.last_at) as is_in
) as w
cross join lateral (select p.at_least < 2 and p.at_most = 2 as is_unknown) as u
cross join lateral (select coalesce(%(now)s > k.last_at, false) as is_over) as o
where s.time_level = %(level)s;
