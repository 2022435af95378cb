-- How each case stands: its first stage that is not behind it, and what it asks for.
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
    c.opened_seq,
    coalesce(u.stage, l.stage) as stage,
    case when u.case_id is null then 'complete' else 'pending' end as stage_state,
    case when u.case_id is null then 'completed' else 'open' end as status,
    null::text as close_reason,
    u.due_at as clock_due_at,
    u.due_at as recheck_at,
    '{}'::text[] as waits_on_feeds,
    coalesce(u.owner_team, c.owner_team) as owner_team,
    null::text as wanted,
    null::text as wanted_kind,
    null::timestamptz as wanted_due_at,
    '{}'::jsonb as wanted_detail,
    v.encounter as encounter_ref,
    k.pcn as patient_control_number,
    h.amount as expected_amount,
    null::text as expected_code,
    coalesce(v.position > 0, false) or c.workflow = 'charge_capture' as is_seen
from w_case as c
inner join lateral (
    select r.stage from w_rule as r
    where r.workflow = c.workflow and r.version = c.version order by r.position desc limit 1
) as l on true
left join w_current as u on u.case_id = c.case_id
left join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
left join w_proof as k on k.case_id = c.case_id and k.proof = 'claim'
left join w_charge as h on h.case_id = c.case_id;

create unique index on w_state (case_id);

analyze w_state;

-- Which code the documentation supports; the charge is the clinician's, this only checks it.
-- 99496: contact in time, high level, seen within 7 days; 99495: at least moderate within 14.
update w_state as t
set expected_code = case
    when t.workflow <> 'transitional_care' then (select codes[1] from w_charge as h where h.case_id = t.case_id)
    when not coalesce(x.contact_ok, false) or not coalesce(x.reconciled, false) or x.barred then 'ordinary'
    when x.level = 'high' and x.days <= 7 then '99496'
    when x.level in ('moderate', 'high') and x.days <= 14 then '99495'
    else 'ordinary'
end
from (
    select
        c.case_id,
        (v.detail ->> 'days')::int as days,
        h.level,
        (
            select (s.state = 'complete' and s.proven_at < s.due_at)
                or coalesce(a.timely >= s.attempts_meet_clock, false)
            from w_stage as s
            left join w_attempt as a on a.case_id = s.case_id and a.stage = s.stage
            where s.case_id = c.case_id and s.proof = 'contact'
        ) as contact_ok,
        exists (
            select from w_fact as m
            where m.person_id = c.person_id and m.kind = 'medication_reconciliation'
                and m.occurred_at >= c.trigger_at and m.on_day <= cases.local_day(v.proven_at)
        ) as reconciled,
        coalesce(cases.local_day(p.died_at) <= c.trigger_on + 29, false) as barred
    from w_case as c
    inner join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
    inner join w_profile as p on p.person_id = c.person_id
    left join w_charge as h on h.case_id = c.case_id
) as x
where x.case_id = t.case_id;

-- ---- what ends a case before its end -----------------------------------------------------------

-- A named person closed it.
update w_state as t
set status = 'closed', close_reason = 'closed by ' || d.decided_by
from (
    select distinct on (case_id) case_id, decided_by from w_decision
    where action = 'close_case' order by case_id, known_seq desc
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
        not t.is_seen and cases.local_day(p.died_at) <= c.trigger_on + e.days
    when 'hospice_before' then not t.is_seen and p.hospice_at <= %(as_of)s
    when 'left' then not t.is_seen and p.has_left
    when 'admission_within' then not t.is_seen and exists (
        select from w_fact as f
        where f.person_id = c.person_id and f.kind = 'admission'
            and f.occurred_at > c.trigger_at and f.on_day <= c.trigger_on + e.days
    )
    when 'earlier_case_within' then exists (
        select from w_case as o
        inner join w_state as ot on ot.case_id = o.case_id
        where o.person_id = c.person_id and o.workflow = c.workflow and o.case_id <> c.case_id
            and o.trigger_on < c.trigger_on and o.trigger_on + e.days >= c.trigger_on
            and o.trigger_stands
            and ot.is_seen
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
    )
    when 'global_period' then coalesce(h.is_global, false)
    when 'no_charge' then coalesce(h.is_no_charge, false)
    when 'self_pay_restricted' then coalesce(h.is_restricted, false)
    when 'billed_before_clock' then exists (
        select from w_claim as k
        inner join w_rule as r
            on r.workflow = c.workflow and r.version = c.version and r.proof = 'claim'
        where k.case_id = c.case_id
            and cases.local_day(k.submitted_at) <= cases.add_business_days(
                c.trigger_on, (c.trigger_rule ->> 'lag_business_days')::int
            )
    )
    else false
end
order by c.case_id, e.position;

update w_state as t
set status = 'excluded', close_reason = x.reason
from w_excluded as x
where x.case_id = t.case_id and t.status = 'open';

-- Whom nobody can see any more: the services already rendered stay billable.
update w_state as t
set status = 'closed', close_reason = case when p.died_at is not null then 'died' else 'left_practice' end
from w_profile as p
where p.person_id = t.person_id and t.status = 'open' and not t.is_seen
    and (p.died_at is not null or p.has_left);

-- Not due after all: the payer says the next visit is paid only later.
update w_state as t
set status = 'closed', close_reason = 'not_due_yet'
from w_proof as p
where p.case_id = t.case_id and p.proof = 'eligibility' and t.status = 'open' and not t.is_seen
    and not p.detail ? 'code';

-- The patient's own word.
update w_state as t
set status = 'closed', close_reason = 'declined'
from w_case as c
where c.case_id = t.case_id and t.status = 'open' and not t.is_seen
    and exists (
        select from w_fact as f
        where f.person_id = c.person_id and f.kind = 'contact' and f.code = 'declined'
            and f.occurred_at >= c.trigger_at
    )
    and not exists (
        select from w_proof as b where b.case_id = t.case_id and b.proof = 'booking'
    );

update w_state
set stage_state = 'complete'
where status <> 'open' and stage_state = 'pending' and stage is null;

-- ---- what an open case asks for -------------------------------------------------------------------

-- Stale feeds: what they would have proven is unknown. A clock that ends before they can arrive is
-- verified by hand.
update w_state as t
set stage_state = 'unknown',
    waits_on_feeds = x.feeds,
    wanted = case when s.due_at <= %(as_of)s + interval '1 day' then 'exception' else 'wait' end,
    wanted_kind = case when s.due_at <= %(as_of)s + interval '1 day' then 'verify_by_hand' end,
    wanted_due_at = s.due_at
from w_current as s
inner join lateral (
    select array_agg(f.feed order by f.feed) as feeds
    from w_feed as f
    where f.feed = any(s.feeds)
        and (f.is_stale or (s.due_at <= %(as_of)s and cases.day_end(f.last_business_date) < s.due_at))
) as x on x.feeds is not null
where s.case_id = t.case_id and t.status = 'open';

-- A decision that put an exception aside holds until it is asked again: a dated wait.
create temp table w_acknowledged on commit drop as
select case_id, stage, max(known_seq) as known_seq, max(cases.local_day(n.cut_off)) + 7 as until
from w_decision as d
inner join operations.night as n on n.seq = d.known_seq
where d.action = 'acknowledge'
group by case_id, stage;

-- Blocked: doubt blocks all, the rest blocks reaching out.
update w_state as t
set stage_state = 'blocked', wanted = 'exception', wanted_kind = x.reason, wanted_due_at = null
from w_current as s
inner join w_profile as p on p.person_id = s.person_id
cross join lateral (
    select case
        when p.in_doubt then 'identity_doubt'
        when s.proof in ('contact', 'booking') and p.opted_out then 'contact_blocked'
        when s.proof = 'contact' and not p.has_phone then 'bad_contact_data'
    end as reason
) as x
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and x.reason is not null;

update w_state as t
set stage_state = 'blocked', wanted = 'wait', wanted_due_at = cases.day_end(c.trigger_on + 30)
from w_current as s
inner join w_case as c on c.case_id = s.case_id
inner join w_profile as p on p.person_id = s.person_id
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and s.proof in ('contact', 'booking') and p.admitted_at is not null;

-- What the patient or somebody close said must be verified before anything goes on.
update w_state as t
set wanted = 'exception',
    wanted_kind = case f.code
        when 'deceased' then 'verify_death'
        when 'readmitted' then 'verify_readmission'
        when 'wrong_number' then 'bad_contact_data'
        else 'verify_elsewhere'
    end
from w_current as s
inner join w_case as c on c.case_id = s.case_id
inner join lateral (
    select a.code, a.occurred_at, a.known_seq from w_fact as a
    where a.person_id = s.person_id and a.kind = 'attempt' and a.occurred_at >= c.trigger_at
    order by a.occurred_at desc, a.fact_id limit 1
) as f on f.code in ('deceased', 'readmitted', 'done_elsewhere', 'wrong_number')
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and s.proof in ('contact', 'booking')
    and not exists (
        select from w_decision as d
        where d.case_id = t.case_id and d.stage = s.stage and d.known_seq > f.known_seq
            and d.action in ('retry', 'continue', 'acknowledge')
    );

-- Booked: wait for the day, then for the record of it.
update w_state as t
set wanted = 'wait',
    wanted_due_at = b.ready_at,
    recheck_at = least(s.due_at, b.ready_at)
from w_current as s
inner join lateral (
    select cases.day_end(cases.local_day((p.detail ->> 'starts_at')::timestamptz) + 2) as ready_at
    from w_proof as p
    where p.case_id = s.case_id and p.proof = 'booking'
) as b on true
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'visit'
    and b.ready_at > %(as_of)s;

update w_state as t
set clock_due_at = greatest(s.due_at, t.wanted_due_at)
from w_current as s
where s.case_id = t.case_id and s.proof = 'visit' and t.wanted = 'wait';

-- A claim that is on its way: rejected, waiting for the payer, or waiting for the money.
update w_state as t
set wanted = 'exception', wanted_kind = 'claim_rejected',
    wanted_detail = jsonb_build_object('patient_control_number', a.pcn, 'code', a.rejected_code)
from w_current as s
inner join lateral (
    select * from w_answer as k where k.case_id = s.case_id order by k.submitted_at desc, k.pcn limit 1
) as a on a.rejected_at is not null
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'claim';

update w_state as t
set wanted = case when a.ready_at > %(as_of)s then 'wait' else 'exception' end,
    wanted_kind = case when a.ready_at > %(as_of)s then null else 'claim_not_accepted' end,
    wanted_due_at = a.ready_at,
    recheck_at = a.ready_at,
    patient_control_number = a.pcn
from w_current as s
inner join lateral (
    select k.pcn, cases.day_end(cases.local_day(k.submitted_at) + 10) as ready_at
    from w_answer as k where k.case_id = s.case_id order by k.submitted_at desc, k.pcn limit 1
) as a on true
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'claim';

-- Money inside the payer's floor is not late; a denial and an open patient share need somebody.
update w_state as t
set wanted = x.wanted,
    wanted_kind = x.kind,
    wanted_due_at = x.ready_at,
    recheck_at = coalesce(x.ready_at, t.recheck_at),
    wanted_detail = jsonb_build_object('balance', m.balance, 'denied', m.denied)
from w_current as s
inner join w_money as m on m.case_id = s.case_id
inner join w_proof as k on k.case_id = s.case_id and k.proof = 'claim'
inner join w_case as c on c.case_id = s.case_id
cross join lateral (
    select
        cases.day_end(cases.local_day(k.proven_at) + 16 + coalesce((
            select value::int from cases.setting
            where name = 'payer_floor_days' and key = c.payer_id
        ), 14)) as floor_at,
        cases.day_end(cases.local_day(m.last_at) + 30) as share_at
) as f
cross join lateral (
    select
        case
            when m.remittances = 0 and f.floor_at > %(as_of)s then 'wait'
            when m.remittances = 0 then 'exception'
            when m.denied > 0 then 'exception'
            when m.patient_share > 0 and f.share_at > %(as_of)s then 'wait'
            else 'exception'
        end as wanted,
        case
            when m.remittances = 0 and f.floor_at > %(as_of)s then null
            when m.remittances = 0 then 'payment_overdue'
            when m.denied > 0 then 'claim_denied'
            when m.patient_share > 0 and f.share_at > %(as_of)s then null
            else 'patient_balance'
        end as kind,
        case when m.remittances = 0 then f.floor_at else f.share_at end as ready_at
) as x
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'settlement';

-- Nothing to bill without the clinician's own charge, and no wellness bill without a known code.
update w_state as t
set wanted = 'exception', wanted_kind = 'missing_charge'
from w_current as s
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'claim'
    and not exists (select from w_charge as h where h.case_id = t.case_id);

-- An open task is the next step until it ends.
update w_state as t
set wanted = 'task', wanted_kind = 'open', wanted_due_at = k.open_due_at,
    recheck_at = least(t.recheck_at, k.open_due_at)
from w_current as s
inner join w_tries as k on k.case_id = s.case_id and k.stage = s.stage
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and k.open_task_id is not null
    and (s.due_at > %(as_of)s or k.open_due_at > %(as_of)s);

-- A named person put the exception aside for a week.
update w_state as t
set wanted = 'wait', wanted_due_at = cases.day_end(a.until), recheck_at = cases.day_end(a.until)
from w_current as s
inner join w_acknowledged as a on a.case_id = s.case_id and a.stage = s.stage
where s.case_id = t.case_id and t.status = 'open'
    and (t.wanted is null or t.wanted = 'exception')
    and cases.day_end(a.until) > %(as_of)s;

-- The clock struck and the feeds are complete: missed. Tries that are left go on beside it only
-- where the definition says that attempts meet the clock.
update w_state as t
set stage_state = 'missed', wanted = 'exception',
    wanted_kind = case s.proof
        when 'note' then 'unsigned_note'
        when 'eligibility' then 'eligibility_unknown'
        else 'missed_clock'
    end,
    wanted_due_at = s.due_at
from w_current as s
left join w_attempt as a on a.case_id = s.case_id and a.stage = s.stage
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and greatest(s.due_at, t.clock_due_at) <= %(as_of)s
    and not (s.attempts_meet_clock is not null and coalesce(a.timely, 0) >= s.attempts_meet_clock)
    and not exists (
        select from w_decision as d
        where d.case_id = t.case_id and d.stage = s.stage and d.action = 'retry'
    );

-- All tries are used up.
update w_state as t
set wanted = 'exception', wanted_kind = 'attempts_exhausted', wanted_due_at = s.due_at
from w_current as s
inner join w_tries as k on k.case_id = s.case_id and k.stage = s.stage
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and k.failed >= s.task_attempts;

-- Not yet: a task that the definition begins some days after the stage before.
update w_state as t
set wanted = 'wait', wanted_due_at = x.ready_at, recheck_at = least(t.recheck_at, x.ready_at)
from w_current as s
inner join w_case as c on c.case_id = s.case_id
cross join lateral (
    select cases.day_end(
        coalesce(s.clock_base, c.trigger_on) + s.task_after_days
        + case when s.proof = 'claim' then (
            select value::int from cases.setting where name = 'bill_hold_days'
        ) else 0 end
    ) as ready_at
) as x
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and x.ready_at > %(as_of)s;

-- A visit is nothing a task can bring about: wait for its clock.
update w_state as t
set wanted = 'wait', wanted_due_at = s.due_at
from w_current as s
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof in ('visit', 'settlement');

-- Everything else asks for the next task.
update w_state as t
set wanted = 'task',
    wanted_kind = s.task_kind,
    wanted_due_at = s.due_at,
    wanted_detail = jsonb_strip_nulls(jsonb_build_object(
        'attempt', k.planned + 1,
        'days', s.task_days,
        'priority', s.priority,
        'visit_type', s.visit_type,
        'not_after', c.trigger_on + s.aim_days,
        'trigger_on', c.trigger_on,
        'encounter', t.encounter_ref,
        'payer_id', c.payer_id,
        'practitioner_id', v.detail ->> 'practitioner_id',
        'practitioner_npi', v.detail ->> 'practitioner_npi',
        'expected_code', t.expected_code
    ))
from w_current as s
inner join w_case as c on c.case_id = s.case_id
inner join w_tries as k on k.case_id = s.case_id and k.stage = s.stage
left join w_proof as v on v.case_id = s.case_id and v.proof = 'visit'
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null;

-- Cases that are over ask for nothing.
update w_state
set wanted = null, wanted_kind = null, wanted_due_at = null, recheck_at = null,
    waits_on_feeds = '{}', wanted_detail = '{}'
where status <> 'open';

-- Paid, and the evidence under it fell away: report and return within 60 days (42 CFR 401.305).
create temp table w_overpaid on commit drop as
select c.case_id, c.person_id, sum(f.amount) as paid
from w_case as c
inner join w_state as t on t.case_id = c.case_id
inner join cases.case_record as r on r.case_id = c.case_id
inner join w_fact as f on f.person_id = c.person_id and f.kind = 'remittance'
    and f.pcn = r.patient_control_number
where (not c.trigger_stands and c.workflow = 'charge_capture')
    or (r.encounter_ref is not null and not exists (
        select from w_fact as v
        where v.person_id = c.person_id and v.kind = 'visit' and v.encounter = r.encounter_ref
    ))
group by c.case_id, c.person_id
having sum(f.amount) > 0;
