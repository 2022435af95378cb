-- reads: e_anchor, e_case, e_clock, e_fact, e_moment, r_condition, r_version
-- makes: e_asked
-- changes: e_answer

-- The leaves of a level, one row for each case: from when until when, and whether everything that they count from is
-- there (6, 7, 16). An upper bound that is not there is no bound; a lower one, or a stage in `same`, makes it not yet.
create temp table e_asked on commit drop as
select
    c.case_no,
    c.person_id,
    c.version_id,
    v.workflow,
    c.zone,
    c.trigger_first,
    c.trigger_last,
    c.trigger_key,
    o.kind as own_kind,
    o.source as own_source,
    o.reference as own_reference,
    k.condition_id,
    k.named_fact_id,
    k.op,
    k.decides,
    k.starts_at_trigger,
    k.ends_at_trigger,
    k.at_least,
    k.at_most,
    k.counts,
    k.takes_unclear,
    k.takes_known,
    s.has_same,
    s.has_record,
    (k.at_id is not null and a.case_no is null) or (k.from_id is not null and b.case_no is null)
    or s.is_not_yet as is_not_yet,
    coalesce(a.first_at, b.first_at, '-infinity') as first_at,
    coalesce(
        a.last_at, least(coalesce(u.last_at, 'infinity'), coalesce(x.last_at, 'infinity'))
    ) as last_at
from r_condition as k
inner join e_case as c on c.version_id = k.version_id
inner join r_version as v on v.version_id = k.version_id
left join e_fact as o on o.fact_no = c.trigger_no
left join e_moment as a on a.case_no = c.case_no and a.moment_id = k.at_id
left join e_moment as b on b.case_no = c.case_no and b.moment_id = k.from_id
left join e_moment as u on u.case_no = c.case_no and u.moment_id = k.to_id
left join e_clock as x on x.case_no = c.case_no and x.stage_no = k.clock_stage
cross join lateral (
    select
        count(*) > 0 as has_same,
        coalesce(bool_or(n.slot = 'record'), false) as has_record,
        coalesce(bool_or(not n.is_there), false) as is_not_yet
    from e_anchor as n
    where n.case_no = c.case_no and n.owner_id = k.condition_id
) as s
where k.level = %(level)s and k.op in ('exists', 'none', 'count', 'sum', 'latest')
    and (%(with_cases)s or not k.is_about_cases);

analyze e_asked;

-- the first pass leaves out what is asked about other cases (29)
insert into e_answer (case_no, condition_id)
select c.case_no, k.condition_id
from r_condition as k
inner join e_case as c on c.version_id = k.version_id
where k.level = %(level)s and k.is_about_cases and not %(with_cases)s;

insert into e_answer (case_no, condition_id, at_least, at_most)
select a.case_no, a.condition_id, 1 as at_least, 1 as at_most
from e_asked as a
where a.is_not_yet;

delete from e_asked
where is_not_yet;
