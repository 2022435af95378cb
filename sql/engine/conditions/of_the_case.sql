-- reads: e_bill, e_case, e_clock, e_fact, e_in_time, e_late, e_moment, e_person, e_proof, e_skip,
--     r_condition
-- changes: e_answer

-- What is asked of the case itself and of the person: a stage, what is billed, an age.
insert into e_answer (case_no, condition_id, at_least, at_most, by, last_position, at_first, at_last)
select
    c.case_no,
    k.condition_id,
    t.at_least,
    t.at_most,
    case when w.is_in then p.by end as by,
    case when w.is_in then f.position end as last_position,
    case when w.is_in then p.at_first end as at_first,
    case when w.is_in then p.at_last end as at_last
from r_condition as k
inner join e_case as c on c.version_id = k.version_id
left join e_proof as p on p.case_no = c.case_no and p.stage_no = k.of_stage
left join e_skip as s on s.case_no = c.case_no and s.stage_no = k.of_stage
left join e_late as l on k.is_word = 'late' and l.case_no = c.case_no and l.stage_no = k.of_stage
left join e_in_time as i on k.is_word = 'in_time' and i.case_no = c.case_no and i.stage_no = k.of_stage
left join e_moment as b on b.case_no = c.case_no and b.moment_id = k.from_id
left join e_moment as u on u.case_no = c.case_no and u.moment_id = k.to_id
left join e_moment as a on a.case_no = c.case_no and a.moment_id = k.at_id
left join e_clock as x on x.case_no = c.case_no and x.stage_no = k.clock_stage
left join e_fact as f on f.fact_no = p.by[cardinality(p.by)]
-- the window in which a stage was proven: a lower bound that is not there is not yet, an upper one is no bound (16)
cross join lateral (
    select
        k.is_word = 'proven' and p.at_least = 2 as is_proven,
        (k.from_id is not null and b.case_no is null) or (k.at_id is not null and a.case_no is null) as is_not_yet,
        coalesce(a.first_at, b.first_at, '-infinity') as first_at,
        coalesce(a.last_at, least(coalesce(u.last_at, 'infinity'), coalesce(x.last_at, 'infinity'))) as last_at
) as v
cross join lateral (
    select coalesce(v.is_proven and not v.is_not_yet and p.at_first <= v.last_at and v.first_at <= p.at_last, false) as is_in
) as w
cross join lateral (
    select
        case
            when k.is_word = 'proven' and p.at_least = 2 then case when v.is_not_yet then 1 when w.is_in then 2 else 0 end
            -- a stage whose proof is not yet is not proven, for sure
            when k.is_word = 'proven' then case when p.at_most = 1 then 0 else coalesce(p.at_least, 0) end
            when k.is_word = 'late' then coalesce(l.at_least, 0)
            when k.is_word = 'in_time' then coalesce(i.at_least, 0)
            when k.is_word = 'pending' then case when p.at_least < 2 and s.at_least < 2 then 2 else 0 end
            when k.is_word = 'skipped' then case when p.at_least = 2 or s.at_most = 1 then 0 else coalesce(s.at_least, 0) end
        end::smallint as at_least,
        case
            when k.is_word = 'proven' and p.at_least = 2 then case when v.is_not_yet then 1 when w.is_in then 2 else 0 end
            when k.is_word = 'proven' then case when p.at_most = 1 then 0 else coalesce(p.at_most, 0) end
            when k.is_word = 'late' then coalesce(l.at_most, 0)
            when k.is_word = 'in_time' then coalesce(i.at_most, 0)
            when k.is_word = 'pending' then case when p.at_least < 2 and s.at_least < 2 then 2 else 0 end
            when k.is_word = 'skipped' then case when p.at_least = 2 or s.at_most = 1 then 0 else coalesce(s.at_most, 0) end
        end::smallint as at_most
) as t
where k.level = %(level)s and k.op = 'stage';

-- age is years completed on the local day; without a date of birth it is unknown (3)
insert into e_answer (case_no, condition_id, at_least, at_most)
select
    c.case_no,
    k.condition_id,
    case when a.case_no is null then 1 when p.born is null then 0 when y.is_in then 2 else 0 end as at_least,
    case when a.case_no is null then 1 when p.born is null then 2 when y.is_in then 2 else 0 end as at_most
from r_condition as k
inner join e_case as c on c.version_id = k.version_id
left join e_person as p on p.person_id = c.person_id
left join e_moment as a on a.case_no = c.case_no and a.moment_id = k.at_id
cross join lateral (select (a.first_at at time zone c.zone)::date as day) as d
cross join lateral (
    select
        (extract(year from d.day) - extract(year from p.born))::int
        - (
            (extract(month from d.day), extract(day from d.day))
            < (extract(month from p.born), extract(day from p.born))
        )::int as years
) as n
cross join lateral (select n.years >= coalesce(k.age_from, 0) and n.years <= coalesce(k.age_to, n.years) as is_in) as y
where k.level = %(level)s and k.op = 'age';

insert into e_answer (case_no, condition_id, at_least, at_most)
select c.case_no, k.condition_id, t.truth as at_least, t.truth as at_most
from r_condition as k
inner join e_case as c on c.version_id = k.version_id
left join e_bill as b on b.case_no = c.case_no
cross join lateral (select case when coalesce(b.agrees, '') = k.is_word then 2 else 0 end::smallint as truth) as t
where k.level = %(level)s and k.op = 'bills';
