-- reads: w_fact
-- makes: w_visit_claim, w_never_filed

-- Matches claims to visits for the persons on the work list; all other files use this one result.
--
-- A claim that names its visit (the EHR's own, and ours through our control number) belongs to that visit. Any other
-- 837 states only a day and who rendered the service. If one visit fits, the claim belongs to it. If several fit, the
-- clinicians' charges decide: a claim that covers the charges of all of them belongs to all; otherwise it belongs to
-- the visit with the same codes and modifiers, else with the same codes (a biller may add a modifier), else to the one
-- whose charges it overlaps most. If visits have equal charges, the first claim belongs to the first visit. One claim
-- must never prove two visits that were charged separately: nobody would bill the second.
create temp table w_visit_claim on commit drop as
with newest as (
    select
        person_id,
        pcn,
        max(occurred_at) as occurred_at,
        min(occurred_at) as first_at
    from w_fact
    where kind = 'claim' and pcn is not null
    group by person_id, pcn
),

line as (
    select
        f.person_id,
        f.pcn,
        n.first_at,
        f.encounter,
        f.on_day,
        f.code,
        concat_ws('|', f.code, nullif(f.detail ->> 'modifiers', '[]')) as item,
        f.amount,
        f.detail ->> 'rendering_npi' as npi
    from newest as n
    inner join w_fact as f
        on f.person_id = n.person_id and f.kind = 'claim' and f.pcn = n.pcn and f.occurred_at = n.occurred_at
),

visit as (
    select
        person_id,
        encounter,
        on_day,
        min(occurred_at) as occurred_at,
        min(detail ->> 'practitioner_npi') as npi
    from w_fact
    where kind = 'visit' and encounter is not null
    group by person_id, encounter, on_day
),

pair as (
    select distinct l.person_id, l.pcn, v.encounter
    from line as l
    inner join visit as v on v.person_id = l.person_id and v.encounter = l.encounter
    union
    select l.person_id, l.pcn, v.encounter
    from line as l
    inner join visit as v
        on v.person_id = l.person_id and v.on_day = l.on_day and coalesce(v.npi = l.npi, true)
    where l.encounter is null
),

counted as (
    select
        person_id,
        pcn,
        encounter,
        count(*) over (partition by person_id, pcn) as visits
    from pair
),

-- Only claims that fit several visits need the comparison.
claimed as (
    select
        l.person_id,
        l.pcn,
        min(l.first_at) as first_at,
        array_agg(l.code order by l.code) as codes,
        array_agg(l.item order by l.item) as items,
        sum(l.amount) as total
    from line as l
    where exists (
        select from counted as c where c.person_id = l.person_id and c.pcn = l.pcn and c.visits > 1
    )
    group by l.person_id, l.pcn
),

charged as (
    select
        v.person_id,
        v.encounter,
        v.on_day,
        v.occurred_at,
        array_agg(g.code order by g.code) filter (where g.code is not null) as codes,
        array_agg(
            concat_ws('|', g.code, nullif(g.detail ->> 'modifiers', '[]'))
            order by concat_ws('|', g.code, nullif(g.detail ->> 'modifiers', '[]'))
        ) filter (where g.code is not null) as items,
        sum(g.amount) as total
    from visit as v
    left join w_fact as g
        on g.person_id = v.person_id and g.kind = 'charge' and g.encounter = v.encounter
        and not g.detail ? 'no_charge_reason'
    where exists (
        select from counted as c where c.person_id = v.person_id and c.encounter = v.encounter and c.visits > 1
    )
    group by v.person_id, v.encounter, v.on_day, v.occurred_at
),

fit as (
    select
        c.person_id,
        c.pcn,
        c.encounter,
        k.first_at,
        v.on_day,
        v.occurred_at,
        k.codes,
        k.items,
        v.codes = k.codes as has_codes,
        v.items = k.items as has_items,
        (select count(distinct u.code) from unnest(k.codes) as u (code) where u.code = any(v.codes)) as shared,
        abs(k.total - v.total) as apart
    from counted as c
    inner join claimed as k on k.person_id = c.person_id and k.pcn = c.pcn
    inner join charged as v on v.person_id = c.person_id and v.encounter = c.encounter
    where c.visits > 1
),

-- The claim must contain each code as often as it was charged for all these visits together.
wanted as (
    select f.person_id, f.pcn, u.code, count(*) as times
    from fit as f
    inner join charged as v on v.person_id = f.person_id and v.encounter = f.encounter
    cross join lateral unnest(v.codes) as u (code)
    group by f.person_id, f.pcn, u.code
),

listed as (
    select k.person_id, k.pcn, u.code, count(*) as times
    from claimed as k
    cross join lateral unnest(k.codes) as u (code)
    group by k.person_id, k.pcn, u.code
),

lacking as (
    select w.person_id, w.pcn
    from wanted as w
    left join listed as l on l.person_id = w.person_id and l.pcn = w.pcn and l.code = w.code
    where w.times > coalesce(l.times, 0)
    union
    select f.person_id, f.pcn
    from fit as f
    inner join charged as v on v.person_id = f.person_id and v.encounter = f.encounter
    where v.codes is null
),

covering as (
    select person_id, pcn from fit
    except
    select person_id, pcn from lacking
),

alike as (
    select
        person_id,
        pcn,
        encounter,
        row_number() over (partition by person_id, pcn order by occurred_at, encounter) as visit_no,
        count(*) over (partition by person_id, pcn) as visits,
        dense_rank() over (partition by person_id, on_day, items order by first_at, pcn) as claim_no
    from fit as f
    where has_items
        and not exists (select from covering as c where c.person_id = f.person_id and c.pcn = f.pcn)
),

same as (
    select person_id, pcn, encounter from alike where visit_no = mod(claim_no - 1, visits) + 1
),

-- Prefer a visit that has no claim yet.
coded as (
    select
        f.person_id,
        f.pcn,
        f.encounter,
        row_number() over (
            partition by f.person_id, f.pcn order by s.encounter is not null, f.occurred_at, f.encounter
        ) as visit_no,
        greatest(count(*) filter (where s.encounter is null) over (partition by f.person_id, f.pcn), 1) as visits,
        dense_rank() over (partition by f.person_id, f.on_day, f.codes order by f.first_at, f.pcn) as claim_no
    from fit as f
    left join (select distinct person_id, encounter from same) as s
        on s.person_id = f.person_id and s.encounter = f.encounter
    where f.has_codes
        and not exists (select from same as o where o.person_id = f.person_id and o.pcn = f.pcn)
        and not exists (select from covering as c where c.person_id = f.person_id and c.pcn = f.pcn)
),

told as (
    select person_id, pcn, encounter from same
    union all
    select person_id, pcn, encounter from coded where visit_no = mod(claim_no - 1, visits) + 1
),

nearest as (
    select distinct on (f.person_id, f.pcn) f.person_id, f.pcn, f.encounter
    from fit as f
    left join (select distinct person_id, encounter from told) as s
        on s.person_id = f.person_id and s.encounter = f.encounter
    where not exists (select from told as o where o.person_id = f.person_id and o.pcn = f.pcn)
        and not exists (select from covering as c where c.person_id = f.person_id and c.pcn = f.pcn)
    order by
        f.person_id, f.pcn, s.encounter is not null, f.shared desc, f.apart nulls last, f.occurred_at, f.encounter
)

select person_id, pcn, encounter from counted where visits = 1
union
select f.person_id, f.pcn, f.encounter
from fit as f
inner join covering as c on c.person_id = f.person_id and c.pcn = f.pcn
union
select person_id, pcn, encounter from told
union
select person_id, pcn, encounter from nearest;

create index on w_visit_claim (person_id, encounter);

analyze w_visit_claim;

-- The claims that no payer has: rejected before adjudication (277CA A3 and the like), and neither accepted, adjudicated
-- nor sent again since. An unprocessable claim was never filed, so the visit is as unbilled as before, and its filing
-- limit runs on (Medicare: First Coast Service Options on unprocessable claims, checked 2026-11-27). A denied one was filed.
-- What was accepted once stands when its replacement (frequency 7), its void (8) or what another payer got is rejected.
create temp table w_never_filed on commit drop as
with sent as (
    select
        k.person_id,
        k.pcn,
        max(k.occurred_at) as sent_at,
        count(distinct k.detail ->> 'payer_id') as payers,
        (array_agg(coalesce(k.detail ->> 'frequency', '1') order by k.occurred_at desc, k.fact_id))[1] as frequency
    from w_fact as k
    where k.kind = 'claim' and k.pcn is not null
    group by k.person_id, k.pcn
),

answer as (
    select
        f.pcn,
        max(f.occurred_at) filter (where f.kind = 'claim_rejected') as rejected_at,
        max(f.on_day) filter (where f.kind = 'claim_rejected') as rejected_on,
        max(f.occurred_at) filter (where f.kind = 'claim_accepted') as accepted_at
    from w_fact as f
    where f.kind in ('claim_rejected', 'claim_accepted') and f.pcn is not null
    group by f.pcn
)

select s.person_id, s.pcn, a.rejected_on
from sent as s
inner join answer as a on a.pcn = s.pcn
where cases.local_day(s.sent_at) <= a.rejected_on
    and (
        a.accepted_at is null
        or (a.accepted_at < a.rejected_at and s.payers < 2 and s.frequency not in ('7', '8'))
    )
    and not exists (
        select from w_fact as m
        where m.pcn = s.pcn and m.kind = 'remittance' and m.detail ->> 'clp_status' not in ('4', '22')
    );

create index on w_never_filed (person_id, pcn);

analyze w_never_filed;
