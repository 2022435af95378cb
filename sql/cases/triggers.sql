-- What opens a case, from the standing facts of the persons on the work list.
create temp table w_trigger (
    workflow text,
    version int,
    person_id uuid,
    trigger_ref text,
    trigger_fact_id uuid,
    trigger_on date,
    trigger_at timestamptz
) on commit drop;

-- A discharge to the community from a kind of stay that counts.
insert into w_trigger
select distinct on (f.person_id, f.source_ref)
    w.workflow, w.version, f.person_id, f.source_ref, f.fact_id,
    cases.local_day(f.occurred_at), f.occurred_at
from w_workflow as w
inner join w_fact as f on f.kind = w.rule -> 'trigger' ->> 'fact'
inner join operations.night as n on n.seq = f.known_seq
inner join w_profile as p on p.person_id = f.person_id
where w.is_active
    and w.rule -> 'trigger' -> 'codes' ? f.code
    and w.rule -> 'trigger' -> 'facility_classes' ? (f.detail ->> 'facility_class')
    and cases.local_day(f.occurred_at)
    >= n.business_date - (w.rule -> 'trigger' ->> 'known_within_days')::int
    and (p.is_attributed or not (w.rule -> 'population' ->> 'attributed')::boolean)
    and exists (
        select from w_fact as c
        where c.person_id = f.person_id and c.kind = 'coverage'
            and w.rule -> 'population' -> 'payer_classes' ? c.code
            and coalesce(c.starts_at, '-infinity') <= f.occurred_at
            and coalesce(c.ends_at, 'infinity') > f.occurred_at
    )
order by f.person_id, f.source_ref, f.known_seq;

-- The day from which the next wellness visit is due: the payer's answer, else our own records, else
-- the day the coverage began. Without an answer it is only a reason to ask.
create temp table w_wellness on commit drop as
with insured as (
    select distinct on (c.person_id)
        c.person_id,
        c.code as payer_class,
        cases.local_day(coalesce(c.starts_at, '2000-01-01'::timestamptz)) as starts_on
    from w_fact as c
    where c.kind = 'coverage'
        and coalesce(c.starts_at, '-infinity') <= %(as_of)s
        and coalesce(c.ends_at, 'infinity') > %(as_of)s
        and c.code in ('part_b', 'advantage')
    order by c.person_id, (c.detail ->> 'order')::int nulls last, c.starts_at
),

answered as (
    select distinct on (f.person_id)
        f.person_id,
        least(
            (f.detail ->> 'next_g0402_on')::date,
            (f.detail ->> 'next_g0438_on')::date,
            (f.detail ->> 'next_g0439_on')::date
        ) as next_on
    from w_fact as f
    where f.kind = 'eligibility' and f.code = 'active'
    order by f.person_id, f.occurred_at desc, f.fact_id
),

had as (
    select f.person_id, max(f.on_day) as last_on
    from w_fact as f
    where f.kind in ('claim', 'charge') and f.code in ('G0402', 'G0438', 'G0439', 'G0468')
    group by f.person_id
)

select
    i.person_id,
    i.payer_class,
    case
        when i.payer_class = 'advantage'
            then case
                when extract(year from h.last_on) = extract(year from %(business_date)s::date)
                    then (date_trunc('year', h.last_on) + interval '1 year')::date
                else date_trunc('year', %(business_date)s::date)::date
            end
        when h.last_on is not null
            then greatest((date_trunc('month', h.last_on) + interval '12 months')::date, a.next_on)
        else coalesce(a.next_on, i.starts_on)
    end as due_on
from insured as i
left join answered as a on a.person_id = i.person_id
left join had as h on h.person_id = i.person_id;

insert into w_trigger
select
    w.workflow, w.version, d.person_id, 'wellness:' || to_char(d.due_on, 'YYYY-MM'), null, d.due_on,
    d.due_on::timestamp at time zone (select value from cases.setting where name = 'time_zone')
from w_workflow as w
inner join w_wellness as d
    on w.rule -> 'population' -> 'payer_classes' ? d.payer_class
    or w.rule -> 'population' -> 'calendar_year_payer_classes' ? d.payer_class
inner join w_profile as p on p.person_id = d.person_id
where w.is_active
    and w.rule -> 'trigger' ->> 'due' = 'wellness'
    and d.due_on <= %(business_date)s::date
    and p.is_attributed
    and not p.has_left
    and p.died_at is null
    and p.hospice_at is null
    and not exists (
        select from cases.case_record as c
        where c.person_id = d.person_id and c.workflow = w.workflow and c.opened_seq < %(seq)s
            and (c.status = 'open' or c.trigger_on >= d.due_on)
    );

-- A finished, documented, billable visit for which no claim was sent, after the practice's lag.
insert into w_trigger
select
    w.workflow, w.version, v.person_id, v.source_ref, v.fact_id, v.on_day, v.occurred_at
from w_workflow as w
inner join w_fact as v on v.kind = 'visit'
inner join operations.night as n on n.seq = v.known_seq
where w.is_active
    and w.rule -> 'trigger' ->> 'unbilled' = 'visit'
    and (v.detail ->> 'is_billable_practitioner')::boolean
    and cases.add_business_days(
        v.on_day, (w.rule -> 'trigger' ->> 'lag_business_days')::int
    ) <= %(business_date)s::date
    and v.on_day >= n.business_date - (w.rule -> 'trigger' ->> 'known_within_days')::int
    and exists (
        select from w_fact as d
        where d.encounter = v.encounter and d.kind = 'note' and d.person_id = v.person_id
            and w.rule -> 'trigger' -> 'note_types' ? d.code
    )
    and exists (
        select from w_fact as c
        where c.person_id = v.person_id and c.kind = 'coverage'
            and w.rule -> 'population' -> 'payer_classes' ? c.code
            and coalesce(c.starts_at, '-infinity') <= v.occurred_at
            and coalesce(c.ends_at, 'infinity') > v.occurred_at
    )
    and not exists (
        select from w_fact as c
        where c.person_id = v.person_id
            and c.kind = 'claim'
            and (
                c.encounter = v.encounter
                or (c.on_day = v.on_day
                    and c.detail ->> 'rendering_npi' = v.detail ->> 'practitioner_npi')
            )
    )
    -- the visit of a transitional care or wellness case is billed through that case
    and not exists (
        select from cases.case_record as c
        where c.person_id = v.person_id and c.encounter_ref = v.encounter
            and c.workflow <> w.workflow and c.status in ('open', 'completed')
    )
    and not exists (
        select from w_trigger as t
        where t.person_id = v.person_id
            and (
                (t.workflow = 'transitional_care' and v.on_day between t.trigger_on and t.trigger_on + 30)
                or (t.workflow = 'annual_wellness' and v.on_day >= t.trigger_on and exists (
                    select from w_fact as g
                    where g.encounter = v.encounter and g.kind = 'charge'
                        and g.code in ('G0402', 'G0438', 'G0439', 'G0468')
                ))
            )
    );

-- When time alone will open a case, look again on that day.
create temp table w_watch on commit drop as
select d.person_id, w.workflow, d.due_on as check_on
from w_workflow as w
inner join w_wellness as d on true
where w.is_active and w.rule -> 'trigger' ->> 'due' = 'wellness' and d.due_on > %(business_date)s::date
union all
select
    v.person_id,
    w.workflow,
    min(cases.add_business_days(v.on_day, (w.rule -> 'trigger' ->> 'lag_business_days')::int))
from w_workflow as w
inner join w_fact as v on v.kind = 'visit'
where w.is_active
    and w.rule -> 'trigger' ->> 'unbilled' = 'visit'
    and cases.add_business_days(
        v.on_day, (w.rule -> 'trigger' ->> 'lag_business_days')::int
    ) > %(business_date)s::date
group by v.person_id, w.workflow;
