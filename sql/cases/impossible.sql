-- reads: evidence.fact, identity.patient_record, w_case, w_fact, w_profile, w_proof, w_rule
-- makes: w_impossible
-- changes: w_state

-- Cases that bill a visit which cannot have taken place on its day: after the patient's death, before the birth, or still
-- to come. Either the day is wrong or the patient: somebody finds out, and until then there is no claim. It is no rule of
-- a definition, and not pinned. A note may be signed after a death; that says nothing about the day of the visit.
create temp table w_impossible on commit drop as
select distinct on (x.case_id)
    x.case_id,
    x.person_id,
    x.zone,
    x.encounter,
    x.what,
    x.service_on,
    y.why,
    p.died_by,
    p.is_day_of_death_known
from (
    select c.case_id, c.person_id, c.zone, v.encounter, v.fact_id, f.on_day as service_on, 'visit' as what
    from w_case as c
    inner join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
    inner join w_fact as f on f.person_id = c.person_id and f.fact_id = v.fact_id
    union all
    -- a charge without a day of its own has the visit's
    select c.case_id, c.person_id, c.zone, v.encounter, v.fact_id, g.on_day, 'charge'
    from w_case as c
    inner join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
    inner join w_fact as g
        on g.person_id = c.person_id and g.encounter = v.encounter and g.kind = 'charge'
    where g.starts_at is not null and not g.detail ? 'no_charge_reason'
) as x
inner join w_case as o on o.case_id = x.case_id
inner join w_profile as p on p.person_id = x.person_id
-- the birth date of the record that the visit is of, which is the one that a claim says
inner join evidence.fact as s on s.fact_id = x.fact_id
left join identity.patient_record as b
    on b.source = s.subject_source and b.source_id = s.subject_id and b.known_seq <= %(seq)s
    and (b.retracted_seq is null or b.retracted_seq > %(seq)s)
cross join lateral (
    select cases.impossible_day(
        x.service_on, x.service_on, b.birth_date, p.died_by, cases.local_day(%(as_of)s, x.zone)
    ) as why
) as y
where y.why is not null
    and exists (
        select from w_rule as r where r.workflow = o.workflow and r.version = o.version and r.proof = 'claim'
    )
order by x.case_id, x.what desc, x.service_on desc;

create unique index on w_impossible (case_id);

-- Nothing follows from such a visit until somebody has found out. A day that is still to come will have come.
update w_state as t
set wanted = 'exception',
    wanted_kind = 'impossible_date',
    wanted_detail = jsonb_strip_nulls(jsonb_build_object(
        'what', i.what,
        'visit', i.encounter,
        'service_on', i.service_on,
        'contradicts', i.why,
        'died_on', case when i.why = 'after_death' and i.is_day_of_death_known then i.died_by end,
        'died_by', case when i.why = 'after_death' and not i.is_day_of_death_known then i.died_by end
    )),
    recheck_at = least(
        t.recheck_at, case when i.why = 'in_future' then cases.day_end(i.service_on - 1, i.zone) end
    )
from w_impossible as i
inner join w_profile as p on p.person_id = i.person_id
-- whose visit it is has to be known first
where i.case_id = t.case_id and t.status = 'open' and not p.in_doubt;
