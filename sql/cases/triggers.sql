-- reads: cases.case_record, cases.event, cases.setting, operations.night, w_exclusion, w_fact, w_feed,
--     w_never_filed, w_person, w_profile, w_serving, w_visit_claim, w_workflow
-- makes: w_trigger, w_prior, w_wellness, w_held, w_unanswered, w_watch

-- What opens a case, from the current facts about the persons on the work list.
create temp table w_trigger (
    workflow text,
    version int,
    person_id uuid,
    trigger_ref text,
    trigger_fact_id uuid,
    trigger_on date,
    trigger_at timestamptz
) on commit drop;

-- Existing cases, as the nights before this night's clock left them, so that a rerun opens the same cases.
create temp table w_prior on commit drop as
select
    c.person_id,
    c.workflow,
    c.version,
    c.trigger_ref,
    c.trigger_on,
    coalesce(l.to_state, 'open') as status,
    l.reason
from cases.case_record as c
inner join w_person as p on p.person_id = c.person_id
left join lateral (
    select e.to_state, e.detail ->> 'reason' as reason
    from cases.event as e
    inner join operations.night as n on n.seq = e.known_seq
    where e.case_id = c.case_id and e.known_seq < %(seq)s and n.cut_off < %(as_of)s
        and e.kind in ('completed', 'closed', 'excluded', 'reopened')
    order by e.known_seq desc, e.event_id
    limit 1
) as l on true
where c.opened_seq < %(seq)s;

create index on w_prior (person_id, workflow);

-- A discharge to the community from a kind of stay that counts.
insert into w_trigger
select distinct on (w.workflow, f.person_id, f.source_ref)
    w.workflow, w.version, f.person_id, f.source_ref, f.fact_id,
    cases.local_day(f.occurred_at, f.zone), f.occurred_at
from w_workflow as w
inner join w_fact as f on f.kind = w.rule -> 'trigger' ->> 'fact'
inner join operations.night as n on n.seq = f.known_seq
inner join w_profile as p on p.person_id = f.person_id
where w.is_active
    and w.rule -> 'trigger' -> 'codes' ? f.code
    and w.rule -> 'trigger' -> 'facility_classes' ? (f.detail ->> 'facility_class')
    and cases.local_day(f.occurred_at, f.zone)
    >= n.business_date - (w.rule -> 'trigger' ->> 'known_within_days')::int
    and (p.is_attributed or not (w.rule -> 'population' ->> 'attributed')::boolean)
    and exists (
        select from w_fact as c
        where c.person_id = f.person_id and c.kind = 'coverage'
            and w.rule -> 'population' -> 'payer_classes' ? c.code
            and coalesce(c.starts_at, '-infinity') <= f.occurred_at
            and coalesce(c.ends_at, 'infinity') > f.occurred_at
    )
order by w.workflow, f.person_id, f.source_ref, f.known_seq;

-- The day from which the next wellness visit is due: from the payer's answer, else our own records, else
-- the day when coverage began, and then every year. Without an answer, it is only a reason to ask the payer.
create temp table w_wellness on commit drop as
with rule as (
    select
        w.workflow,
        w.version,
        w.rule -> 'trigger' -> 'codes' as codes,
        array(select jsonb_array_elements_text(w.rule -> 'trigger' -> 'counts')) as counts,
        (w.rule -> 'trigger' ->> 'months_between')::int as months,
        (w.rule -> 'trigger' ->> 'first_year_months')::int as first_year_months,
        w.rule -> 'population' -> 'payer_classes' as by_benefit,
        coalesce(w.rule -> 'population' -> 'calendar_year_payer_classes', '[]'::jsonb) as by_year
    from w_workflow as w
    where w.is_active and w.rule -> 'trigger' ->> 'due' = 'wellness'
),

insured as (
    select distinct on (r.workflow, c.person_id)
        r.workflow,
        c.person_id,
        r.by_year ? c.code as is_by_year,
        cases.local_day(coalesce(c.starts_at, '2000-01-01'::timestamptz)) as starts_on
    from rule as r
    inner join w_fact as c
        on c.kind = 'coverage' and (r.by_benefit ? c.code or r.by_year ? c.code)
    where coalesce(c.starts_at, '-infinity') <= %(as_of)s
        and coalesce(c.ends_at, 'infinity') > %(as_of)s
    order by r.workflow, c.person_id, (c.detail ->> 'order')::int nulls last, c.starts_at, c.fact_id
),

answered as (
    select distinct on (r.workflow, f.person_id)
        r.workflow,
        f.person_id,
        least(
            case when f.on_day < coalesce(
                (f.detail ->> 'part_b_from')::date + make_interval(months => r.first_year_months), 'infinity'
            ) then (f.detail ->> concat('next_', lower(r.codes ->> 'first_year'), '_on'))::date end,
            (f.detail ->> concat('next_', lower(r.codes ->> 'first'), '_on'))::date,
            (f.detail ->> concat('next_', lower(r.codes ->> 'next'), '_on'))::date
        ) as next_on
    from rule as r
    inner join w_fact as f on f.kind = 'eligibility' and f.code = 'active'
    order by r.workflow, f.person_id, f.occurred_at desc, f.source_version desc, f.fact_id
),

had as (
    select r.workflow, f.person_id, max(f.on_day) as last_on
    from rule as r
    inner join w_fact as f on f.kind in ('claim', 'charge') and f.code = any(r.counts)
    group by r.workflow, f.person_id
),

due as (
    select
        r.workflow,
        r.version,
        r.months,
        i.person_id,
        i.is_by_year,
        case
            when i.is_by_year
                then greatest(
                    (date_trunc('year', h.last_on) + interval '1 year')::date, a.next_on,
                    date_trunc('year', i.starts_on)::date
                )
            when h.last_on is not null
                then greatest(
                    (date_trunc('month', h.last_on) + make_interval(months => r.months))::date, a.next_on
                )
            else coalesce(a.next_on, i.starts_on)
        end as first_on
    from rule as r
    inner join insured as i on i.workflow = r.workflow
    left join answered as a on a.workflow = r.workflow and a.person_id = i.person_id
    left join had as h on h.workflow = r.workflow and h.person_id = i.person_id
)

select
    d.workflow,
    d.version,
    d.person_id,
    d.months,
    d.is_by_year,
    -- the latest year that has begun since: a declined visit comes up again each year
    case
        when d.first_on > %(business_date)s::date then d.first_on
        when d.is_by_year then greatest(d.first_on, date_trunc('year', %(business_date)s::date)::date)
        else (d.first_on + make_interval(months => d.months * (
            (extract(year from age(%(business_date)s::date, d.first_on)) * 12
                + extract(month from age(%(business_date)s::date, d.first_on)))::int / d.months
        )))::date
    end as due_on,
    case
        when d.first_on > %(business_date)s::date then d.first_on
        when d.is_by_year then (date_trunc('year', %(business_date)s::date) + interval '1 year')::date
        else (d.first_on + make_interval(months => d.months * (1 + (
            (extract(year from age(%(business_date)s::date, d.first_on)) * 12
                + extract(month from age(%(business_date)s::date, d.first_on)))::int / d.months
        ))))::date
    end as look_on
from due as d;

insert into w_trigger
select
    w.workflow, w.version, d.person_id, 'wellness:' || to_char(d.due_on, 'YYYY-MM'), null, d.due_on,
    d.due_on::timestamp at time zone (select value from cases.setting where name = 'time_zone')
from w_workflow as w
inner join w_wellness as d on d.workflow = w.workflow and d.version = w.version
inner join w_profile as p on p.person_id = d.person_id
where w.is_active
    and w.rule -> 'trigger' ->> 'due' = 'wellness'
    and d.due_on <= %(business_date)s::date
    and (p.is_attributed or not (w.rule -> 'population' ->> 'attributed')::boolean)
    and not p.has_left
    and p.died_at is null
    and p.hospice_at is null
    and not exists (
        select from w_prior as c
        where c.person_id = d.person_id and c.workflow = w.workflow
            and (
                c.status = 'open'
                or c.trigger_on >= d.due_on
                -- A payer's answer can move the due date of a visit, but it stays the same visit: a patient who
                -- has declined it is not asked again.
                or (
                    c.reason is distinct from 'not_due_yet'
                    and case
                        when d.is_by_year then date_trunc('year', c.trigger_on) = date_trunc('year', d.due_on)
                        else c.trigger_on > d.due_on - make_interval(months => d.months / 2)
                    end
                )
            )
    );

-- The visits that other cases have, or will have once they are derived: the first visit that serves each.
create temp table w_held on commit drop as
with holder as (
    select c.person_id, c.workflow, c.version, c.trigger_on, c.trigger_ref
    from w_prior as c
    where c.status in ('open', 'completed')
    union
    select t.person_id, t.workflow, t.version, t.trigger_on, t.trigger_ref
    from w_trigger as t
    where not exists (
        select from w_prior as c
        where c.person_id = t.person_id and c.workflow = t.workflow and c.trigger_ref = t.trigger_ref
    )
)

select distinct on (h.person_id, h.workflow, h.trigger_ref) h.person_id, v.encounter
from holder as h
inner join w_serving as v on v.person_id = h.person_id and v.workflow = h.workflow and v.version = h.version
left join w_fact as d on d.person_id = h.person_id and d.kind = 'discharge' and d.source_ref = h.trigger_ref
where v.occurred_at >= coalesce(d.occurred_at, evidence.day_start(h.trigger_on))
    and v.on_day <= h.trigger_on + v.window_days
order by h.person_id, h.workflow, h.trigger_ref, v.is_charged_as_such desc, v.occurred_at, v.fact_id;

-- A finished, documented, billable visit for which no claim was sent, after the practice's lag. A claim that was
-- rejected is none, once whoever sent it has had the same lag to send it again.
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
        select from w_visit_claim as k
        inner join w_fact as c
            on c.person_id = k.person_id and c.kind = 'claim' and c.pcn = k.pcn
            and coalesce(c.detail ->> 'frequency', '1') <> '8'
        where k.person_id = v.person_id and k.encounter = v.encounter
            and not exists (
                select from w_never_filed as r
                where r.person_id = k.person_id and r.pcn = k.pcn
                    and cases.add_business_days(
                        r.rejected_on, (w.rule -> 'trigger' ->> 'lag_business_days')::int
                    ) <= %(business_date)s::date
            )
    )
    -- a visit that the clinician documented as not billable opens nothing
    and not exists (
        select from w_exclusion as e
        where e.workflow = w.workflow and e.version = w.version
            and e.applies_when in ('no_charge', 'global_period', 'self_pay_restricted')
            and (
                select case e.applies_when
                    when 'no_charge' then bool_and(g.detail ? 'no_charge_reason')
                    when 'global_period' then bool_or((g.detail ->> 'global_period')::boolean)
                    else bool_or((g.detail ->> 'self_pay_restricted')::boolean)
                end
                from w_fact as g
                where g.encounter = v.encounter and g.kind = 'charge' and g.person_id = v.person_id
            )
    )
    -- the visit of another case is billed through that case, for as long as it stands
    and not exists (
        select from w_held as h where h.person_id = v.person_id and h.encounter = v.encounter
    );

-- The visits whose claim nobody has answered: neither accepted nor rejected nor paid. A case that has the visit asks about
-- its claim itself (asks.sql), after the same ten days. That a feed is late is no payer's silence, and where no source
-- tells of answers there is none to wait for.
create temp table w_unanswered on commit drop as
with heard as (
    select min(f.last_business_date) as until_on
    from w_feed as f
    where split_part(f.feed, '.', 2) = 'claim_response'
),

sent as (
    select k.person_id, k.encounter, max(cases.local_day(c.occurred_at)) as sent_on
    from w_visit_claim as k
    inner join w_fact as c on c.person_id = k.person_id and c.kind = 'claim' and c.pcn = k.pcn
    where coalesce(c.detail ->> 'frequency', '1') <> '8'
    group by k.person_id, k.encounter
)

select
    s.person_id,
    s.encounter,
    s.sent_on,
    s.sent_on + 11 as told_on,
    s.sent_on + 11 <= %(business_date)s::date as is_over,
    a.until_on < s.sent_on + 10 as is_feed_late
from sent as s
inner join heard as a on a.until_on is not null
where not exists (
        select from w_visit_claim as k
        inner join w_fact as f on f.pcn = k.pcn and f.kind in ('claim_accepted', 'claim_rejected', 'remittance')
        where k.person_id = s.person_id and k.encounter = s.encounter
    )
    and not exists (
        select from w_held as h where h.person_id = s.person_id and h.encounter = s.encounter
    );

-- When time alone will open a case, look again on that day.
create temp table w_watch on commit drop as
select d.person_id, d.workflow, d.look_on as check_on
from w_wellness as d
union all
-- coverage that begins later
select c.person_id, w.workflow, cases.local_day(c.starts_at)
from w_workflow as w
inner join w_fact as c on c.kind = 'coverage' and c.starts_at > %(as_of)s
where w.is_active and w.rule -> 'trigger' ->> 'due' = 'wellness'
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
group by v.person_id, w.workflow
union all
-- a claim that was rejected, until it should have been sent again
select
    k.person_id,
    w.workflow,
    min(cases.add_business_days(r.rejected_on, (w.rule -> 'trigger' ->> 'lag_business_days')::int))
from w_workflow as w
cross join w_visit_claim as k
inner join w_never_filed as r on r.person_id = k.person_id and r.pcn = k.pcn
where w.is_active
    and w.rule -> 'trigger' ->> 'unbilled' = 'visit'
    and cases.add_business_days(
        r.rejected_on, (w.rule -> 'trigger' ->> 'lag_business_days')::int
    ) > %(business_date)s::date
group by k.person_id, w.workflow
union all
-- a claim that no payer has answered, until it is told; while the feed of the answers is late, every night
select
    k.person_id,
    w.workflow,
    min(case when k.is_over then %(business_date)s::date + 1 else k.told_on end)
from w_workflow as w
cross join w_unanswered as k
where w.is_active
    and w.rule -> 'trigger' ->> 'unbilled' = 'visit'
    and (not k.is_over or k.is_feed_late)
group by k.person_id, w.workflow;
