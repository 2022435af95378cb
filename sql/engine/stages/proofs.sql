-- reads: e_answer, e_case, r_stage
-- changes: e_proof

-- What proves the stages of a level. An absence alone proves nothing: done means evidence.
insert into e_proof (case_no, stage_no, at_least, at_most, by, at_first, at_last)
select
    c.case_no,
    s.stage_no,
    case when s.is_trigger then t.truth when h.is_bare then 0 else coalesce(a.at_least, 0) end as at_least,
    case when s.is_trigger then t.truth when h.is_bare then 0 else coalesce(a.at_most, 0) end as at_most,
    case when t.truth = 2 then array[c.trigger_no] when a.at_least = 2 then a.by end as by,
    case when t.truth = 2 then c.trigger_first when a.at_least = 2 then a.at_first end as at_first,
    case when t.truth = 2 then c.trigger_last when a.at_least = 2 then a.at_last end as at_last
from r_stage as s
inner join e_case as c on c.version_id = s.version_id
left join e_answer as a on a.case_no = c.case_no and a.condition_id = s.proof_id
cross join lateral (select case when s.is_trigger and c.trigger_no is not null then 2 else 0 end as truth) as t
cross join lateral (select coalesce(a.at_least = 2 and coalesce(cardinality(a.by), 0) = 0, false) as is_bare) as h
where s.proof_level = %(level)s;
