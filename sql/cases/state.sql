-- reads: cases.allowed_share, evidence.practitioner, w_answer, w_attempt, w_case, w_charge, w_claim,
--     w_decision, w_exclusion, w_fact, w_money, w_profile, w_proof, w_rule, w_stage
-- makes: w_current, w_state, w_reconciled, w_excluded

-- noqa: disable=RF01,RF03
-- (the linter does not see the updated table's neighbours from inside a lateral query)

-- The state of each case: its current stage, and whether it has ended.
create temp table w_current on commit drop as
select distinct on (s.case_id) s.*
from w_stage as s
where s.state = 'pending'
order by s.case_id, s.position;

create unique index on w_current (case_id);

create temp table w_state on commit drop as
select
    c.case_id,
    c.workflow,
    c.version,
    c.person_id,
    c.trigger_ref,
    c.trigger_on,
    c.zone,
    c.opened_seq,
    coalesce(u.stage, l.stage) as stage,
    case when u.case_id is null then 'complete' else 'pending' end as stage_state,
    case when u.case_id is null then 'completed' else 'open' end as status,
    null::text as close_reason,
    u.due_at as clock_due_at,
    -- a deadline that has already passed has no further effect
    case when u.due_at > %(as_of)s then u.due_at end as recheck_at,
    '{}'::text[] as waits_on_feeds,
    coalesce(u.owner_team, c.owner_team) as owner_team,
    null::text as wanted,
    null::text as wanted_kind,
    null::timestamptz as wanted_due_at,
    '{}'::jsonb as wanted_detail,
    v.encounter as encounter_ref,
    k.pcn as patient_control_number,
    -- what the payer and the patient are expected to pay for the visit, not what was charged
    case
        -- nights before the first known share expected the full charge
        when a.is_unknown then h.amount
        -- after a remittance: the open balance; for denied amounts, the allowed part
        when m.settles then (
            greatest(m.balance, 0) - e.denied_open + round(e.denied_open * a.share, 2)
        )::numeric(14, 2)
        -- before: the allowed part of the charge, less payments received
        when m.charge is not null then greatest(
            round(m.charge * a.share, 2) - (m.charge - m.contractual - m.other - m.balance), 0
        )::numeric(14, 2)
        else round(h.amount * a.share, 2)::numeric(14, 2)
    end as expected_amount,
    null::text as expected_code,
    false as lacks_level,
    false as lacks_reconciliation,
    coalesce(v.position > 0, false) or c.trigger_rule ? 'unbilled' as is_seen
from w_case as c
inner join lateral (
    select r.stage from w_rule as r
    where r.workflow = c.workflow and r.version = c.version order by r.position desc limit 1
) as l on true
left join w_current as u on u.case_id = c.case_id
left join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
left join w_proof as k on k.case_id = c.case_id and k.proof = 'claim'
left join w_charge as h on h.case_id = c.case_id
left join w_money as m on m.case_id = c.case_id
-- what is open beyond the patient's share is open because it was denied
left join lateral (
    select greatest(least(m.denied, m.balance - greatest(m.patient_share - m.patient_paid, 0)), 0) as denied_open
) as e on true
-- the payer on the day of the visit determines the allowed share
left join lateral (
    select f.code as payer_class
    from w_fact as f
    where f.person_id = c.person_id and f.kind = 'coverage'
        and coalesce(f.starts_at, '-infinity') <= v.proven_at
        and coalesce(f.ends_at, 'infinity') > v.proven_at
    order by (f.detail ->> 'order')::int nulls last, f.starts_at, f.fact_id
    limit 1
) as o on true
cross join lateral (
    select
        (
            select s.share
            from cases.allowed_share as s
            where s.payer_class = o.payer_class and s.known_seq <= %(seq)s
            order by s.known_seq desc
            limit 1
        ) as share,
        not exists (
            select from cases.allowed_share as s where s.known_seq <= %(seq)s
        ) as is_unknown
) as a;

create unique index on w_state (case_id);

analyze w_state;

-- What says of a case that the medicines were reconciled, and on which day: a record, or a named person of this very case.
-- Without a day: that person says that it was not done.
create temp table w_reconciled on commit drop as
select c.case_id, m.on_day
from w_case as c
inner join w_fact as m
    on m.person_id = c.person_id and m.kind = 'medication_reconciliation' and m.occurred_at >= c.trigger_at
union all
select c.case_id, case when d.code = 'done' then (d.detail ->> 'on')::date end as on_day
from w_case as c
inner join w_fact as d
    on d.person_id = c.person_id and d.kind = 'decision' and d.detail ->> 'about' = 'reconciliation'
    and d.identifiers ->> 'trigger' = c.trigger_ref;

create index on w_reconciled (case_id);

-- The code that the documentation supports; it only checks the clinician's charge. If the definition
-- lists what pays: the first of its codes whose level and days fit, provided the contact was in time and
-- the medicines were reconciled; otherwise an ordinary visit. If the payer states the code: that one.
update w_state as t
set expected_code = case
    when x.says_what_pays then
        case when x.contact_ok and x.reconciled and not x.barred then coalesce(x.paid_code, 'ordinary')
            else 'ordinary' end
    when x.asks_payer then x.payer_code
    else x.charged_code
end,
-- nothing but the level is missing for the code that the clinician charged
lacks_level = x.says_what_pays and x.contact_ok and x.reconciled and not x.barred and x.waits_for_level,
-- nothing says when the medicines were reconciled, or that they were not; the level may be missing besides
lacks_reconciliation = x.says_what_pays and x.contact_ok and not x.reconciled and x.nothing_says and not x.barred
and (x.waits_for_level or coalesce(x.paid_code = any(x.charged_codes), false))
from (
    select
        c.case_id,
        jsonb_array_length(b.pays) > 0 as says_what_pays,
        (
            select y.rule ->> 'code'
            from jsonb_array_elements(b.pays) with ordinality as y (rule, place)
            where y.rule -> 'levels' ? h.level
                and (v.detail ->> 'days')::int <= (y.rule ->> 'within_days')::int
            order by y.place
            limit 1
        ) as paid_code,
        h.level is null and exists (
            select from jsonb_array_elements(b.pays) as y (rule)
            where y.rule ->> 'code' = any(h.codes) and jsonb_array_length(y.rule -> 'levels') > 0
                and (v.detail ->> 'days')::int <= (y.rule ->> 'within_days')::int
        ) as waits_for_level,
        e.case_id is not null as asks_payer,
        q.detail ->> 'code' as payer_code,
        h.codes as charged_codes,
        h.codes[1] as charged_code,
        (
            select coalesce(bool_and(coalesce(
                (s.state = 'complete' and s.proven_at < s.due_at)
                or a.timely >= s.attempts_meet_clock, false)), true)
            from w_stage as s
            left join w_attempt as a on a.case_id = s.case_id and a.stage = s.stage
            where s.case_id = c.case_id and s.proof = 'contact'
        ) as contact_ok,
        not exists (
            select from w_stage as n
            where n.case_id = c.case_id and 'medication_reconciliation' = any(n.needs)
        ) or exists (
            select from w_reconciled as m
            where m.case_id = c.case_id and m.on_day <= cases.local_day(v.proven_at, c.zone)
        ) as reconciled,
        not exists (select from w_reconciled as m where m.case_id = c.case_id) as nothing_says,
        -- died within the days that a bundled payment covers
        coalesce((
            select bool_or(cases.local_day(p.died_at, c.zone) <= c.trigger_on + d.days)
            from w_exclusion as d
            where d.workflow = c.workflow and d.version = c.version and d.applies_when = 'death_within'
        ), false) as barred
    from w_case as c
    inner join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
    inner join w_profile as p on p.person_id = c.person_id
    inner join w_stage as b on b.case_id = c.case_id and b.proof = 'claim'
    left join w_stage as e on e.case_id = c.case_id and e.proof = 'eligibility'
    left join w_proof as q on q.case_id = c.case_id and q.proof = 'eligibility'
    left join w_charge as h on h.case_id = c.case_id
) as x
where x.case_id = t.case_id;

-- What closes a case early.

-- A named person closed it.
update w_state as t
set status = 'closed', close_reason = 'closed by ' || d.decided_by
from (
    select distinct on (case_id) case_id, decided_by from w_decision
    where action in ('close_case', 'close_cases') order by case_id, known_seq desc
) as d
where d.case_id = t.case_id and t.status = 'open';

-- The event was taken back.
update w_state as t
set status = 'closed', close_reason = 'trigger_withdrawn'
from w_case as c
where c.case_id = t.case_id and not c.trigger_stands and t.status in ('open', 'completed');

-- Exclusions of the definition: before the visit they end the case, after it the visit stays billable.
create temp table w_excluded on commit drop as
select distinct on (c.case_id) c.case_id, e.reason
from w_case as c
inner join w_exclusion as e on e.workflow = c.workflow and e.version = c.version
inner join w_profile as p on p.person_id = c.person_id
inner join w_state as t on t.case_id = c.case_id
left join w_charge as h on h.case_id = c.case_id
where case e.applies_when
    when 'death_within' then
        not t.is_seen and cases.local_day(p.died_at, c.zone) <= c.trigger_on + e.days
    when 'hospice_before' then not t.is_seen and p.hospice_at is not null
    when 'left' then not t.is_seen and p.has_left
    -- readmitted or discharged again before a visit: the newer discharge counts
    when 'admission_within' then exists (
        select from w_fact as f
        where f.person_id = c.person_id and f.kind in ('admission', 'discharge')
            and f.source_ref <> c.trigger_ref
            and (
                f.occurred_at > c.trigger_at
                or (f.kind = 'discharge' and f.occurred_at = c.trigger_at and f.source_ref > c.trigger_ref)
            )
            and cases.local_day(f.occurred_at, c.zone) <= c.trigger_on + e.days
            and not exists (
                select from w_proof as v
                where v.case_id = c.case_id and v.proof = 'visit' and v.proven_at < f.occurred_at
            )
    )
    when 'earlier_case_within' then exists (
        select from w_case as o
        inner join w_state as ot on ot.case_id = o.case_id
        where o.person_id = c.person_id and o.workflow = c.workflow and o.case_id <> c.case_id
            and o.trigger_on < c.trigger_on and o.trigger_on + e.days >= c.trigger_on
            and o.trigger_stands
            and ot.status in ('open', 'completed')
            and exists (
                select from w_proof as v where v.case_id = o.case_id and v.proof = 'visit'
                    and v.proven_at < c.trigger_at
            )
    )
    when 'other_claim' then exists (
        select from w_fact as f
        where f.person_id = c.person_id and f.kind = 'claim' and f.code = any(e.codes)
            and f.on_day between c.trigger_on and c.trigger_on + e.days
            and not exists (select from w_claim as k where k.case_id = c.case_id and k.pcn = f.pcn)
            and coalesce(f.detail ->> 'frequency', '1') <> '8'
            -- a claim for our own visit whose record has not arrived yet is not another practice's claim
            and not exists (
                select from evidence.practitioner as d
                where d.npi = f.detail ->> 'rendering_npi'
                    and d.known_seq <= %(seq)s
                    and (d.retracted_seq is null or d.retracted_seq > %(seq)s)
                    and not exists (
                        select from w_fact as v
                        where v.person_id = c.person_id and v.kind = 'visit' and v.on_day = f.on_day
                    )
            )
    )
    when 'global_period' then coalesce(h.is_global, false)
    when 'no_charge' then coalesce(h.is_no_charge, false)
    when 'self_pay_restricted' then coalesce(h.is_restricted, false)
    -- a claim that was rejected was never filed; sent again, it has the same lag from then on
    when 'billed_before_clock' then exists (
        select from w_answer as k
        inner join w_rule as r
            on r.workflow = c.workflow and r.version = c.version and r.proof = 'claim'
        where k.case_id = c.case_id and k.rejected_at is null
            and cases.local_day(case when k.last_rejected_on is null then k.submitted_at else k.resubmitted_at end)
            <= cases.add_business_days(
                greatest(c.trigger_on, k.last_rejected_on), (c.trigger_rule ->> 'lag_business_days')::int
            )
    )
    else false
end
order by c.case_id, e.position;

update w_state as t
set status = 'excluded', close_reason = x.reason
from w_excluded as x
where x.case_id = t.case_id and t.status = 'open';

-- Patients who can no longer be seen: services already rendered stay billable.
update w_state as t
set status = 'closed', close_reason = case when p.died_at is not null then 'died' else 'left_practice' end
from w_profile as p
where p.person_id = t.person_id and t.status = 'open' and not t.is_seen
    and (p.died_at is not null or p.has_left);

-- Not due after all: the payer will not pay for the next visit until later.
update w_state as t
set status = 'closed', close_reason = 'not_due_yet'
from w_proof as p
where p.case_id = t.case_id and p.proof = 'eligibility' and t.status = 'open' and not t.is_seen
    and not p.detail ? 'code' and p.detail ? 'next_on';

-- The patient's own last word.
update w_state as t
set status = 'closed', close_reason = 'declined'
from w_case as c
where c.case_id = t.case_id and t.status = 'open' and not t.is_seen
    and (
        select f.code as word
        from w_fact as f
        where f.person_id = c.person_id and f.kind = 'contact' and f.code in ('declined', 'reached')
            and f.occurred_at >= c.contact_from
        order by f.occurred_at desc, f.fact_id
        limit 1
    ) = 'declined'
    and not exists (
        select from w_proof as b where b.case_id = t.case_id and b.proof = 'booking'
    );

-- A visit has one claim: it is billed through the case that led to it, while that case is valid.
update w_state as t
set status = 'excluded', close_reason = e.reason
from w_exclusion as e
where e.workflow = t.workflow and e.version = t.version and e.applies_when = 'served_by_other_case'
    and t.status = 'open'
    and exists (
        select from w_state as o
        inner join w_proof as v on v.case_id = o.case_id and v.proof = 'visit' and v.position > 0
        where o.person_id = t.person_id and o.workflow <> t.workflow
            and o.encounter_ref = t.encounter_ref and o.status in ('open', 'completed')
    );

update w_state
set stage_state = 'complete'
where status <> 'open' and stage_state = 'pending' and stage is null;
