-- reads: cases.setting, operations.night, w_answer, w_attempt, w_booking, w_case, w_charge, w_current,
--     w_decision, w_fact, w_feed, w_money, w_possible_stay, w_profile, w_proof, w_tries, w_unsupported
-- makes: w_acknowledged
-- changes: w_state

-- noqa: disable=RF01,RF03
-- (the linter does not see the updated table's neighbours from inside a lateral query)

-- What an open case asks for: the next task, a wait with a date, or an exception. The first rule that
-- applies wins.

-- Doubt about the person's identity blocks everything.
update w_state as t
set stage_state = 'blocked', wanted = 'exception', wanted_kind = 'identity_doubt', wanted_due_at = null
from w_profile as p
where p.person_id = t.person_id and t.status = 'open' and p.in_doubt;

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
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null;

-- A decision that postponed an exception holds until its date: a wait with that date.
create temp table w_acknowledged on commit drop as
select case_id, stage, max(known_seq) as known_seq, max(cases.local_day(n.cut_off)) + 7 as until
from w_decision as d
inner join operations.night as n on n.seq = d.known_seq
where d.action = 'acknowledge'
group by case_id, stage;

-- Outreach is blocked.
update w_state as t
set stage_state = 'blocked', wanted = 'exception', wanted_kind = x.reason, wanted_due_at = null
from w_current as s
inner join w_profile as p on p.person_id = s.person_id
cross join lateral (
    select case
        when s.proof in ('contact', 'booking') and p.opted_out then 'contact_blocked'
        when s.proof = 'contact' and not p.has_phone then 'bad_contact_data'
    end as reason
) as x
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and x.reason is not null;

-- If an opt-out has an end, look again on that day.
update w_state as t
set recheck_at = least(t.recheck_at, p.opted_out_until)
from w_profile as p
where p.person_id = t.person_id and t.status = 'open' and p.opted_out_until is not null;

update w_state as t
set stage_state = 'blocked', wanted = 'wait', wanted_due_at = cases.day_end(c.trigger_on + 30, c.zone)
from w_current as s
inner join w_case as c on c.case_id = s.case_id
inner join w_profile as p on p.person_id = s.person_id
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and s.proof in ('contact', 'booking') and p.admitted_at is not null;

-- A person who may be in a facility is not called: the case waits for somebody to map the code. Once the time given for
-- that has passed, a person finds out where the patient is, and may let it go on.
update w_state as t
set stage_state = 'unknown',
    waits_on_feeds = p.feeds,
    wanted = case when p.is_overdue then 'exception' else 'wait' end,
    wanted_kind = case when p.is_overdue then 'verify_by_hand' end,
    wanted_due_at = s.due_at,
    wanted_detail = case when p.is_overdue then '{}'::jsonb else jsonb_build_object('waits_on', p.exception_id) end
from w_current as s
inner join w_possible_stay as p on p.person_id = s.person_id
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and s.proof in ('contact', 'booking')
    and not exists (
        select from w_decision as d
        where d.case_id = t.case_id and d.stage = s.stage and d.known_seq > p.known_seq
            and d.action in ('retry', 'continue')
    );

-- What the patient or a relative said must be verified before the case continues.
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
    where a.person_id = s.person_id and a.kind = 'attempt' and a.occurred_at >= c.contact_from
    order by a.occurred_at desc, a.fact_id limit 1
) as f on f.code in ('deceased', 'readmitted', 'done_elsewhere', 'wrong_number')
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and s.proof in ('contact', 'booking')
    and not exists (
        select from w_decision as d
        where d.case_id = t.case_id and d.stage = s.stage and d.known_seq > f.known_seq
            and d.action in ('retry', 'continue', 'acknowledge')
    );

-- Booked: wait for the day, then for the record of the visit.
update w_state as t
set wanted = 'wait',
    wanted_due_at = b.ready_at,
    recheck_at = least(t.recheck_at, b.ready_at)
from w_current as s
inner join lateral (
    select min(x.ready_at) as ready_at
    from w_booking as p
    cross join lateral (
        select cases.day_end(cases.local_day(p.starts_at, p.zone) + 2, p.zone) as ready_at
    ) as x
    where p.case_id = s.case_id and x.ready_at > %(as_of)s
) as b on b.ready_at is not null
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'visit';

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
    select * from w_answer as k
    where k.case_id = s.case_id and (cardinality(s.claim_codes) = 0 or k.codes && s.claim_codes)
    order by k.resubmitted_at desc, k.pcn limit 1
) as a on a.rejected_at is not null
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'claim';

update w_state as t
set wanted = case when a.ready_at > %(as_of)s then 'wait' else 'exception' end,
    wanted_kind = case when a.ready_at > %(as_of)s then null else 'claim_not_accepted' end,
    wanted_due_at = a.ready_at,
    recheck_at = least(t.recheck_at, case when a.ready_at > %(as_of)s then a.ready_at end),
    patient_control_number = a.pcn
from w_current as s
inner join lateral (
    select k.pcn, cases.day_end(cases.local_day(k.resubmitted_at) + 10) as ready_at
    from w_answer as k
    where k.case_id = s.case_id and (cardinality(s.claim_codes) = 0 or k.codes && s.claim_codes)
    order by k.resubmitted_at desc, k.pcn limit 1
) as a on true
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'claim';

-- Money is not late before the payer's floor; a denial and an open patient share need a person.
update w_state as t
set wanted = x.wanted,
    wanted_kind = x.kind,
    wanted_due_at = x.ready_at,
    recheck_at = least(t.recheck_at, case when x.ready_at > %(as_of)s then x.ready_at end),
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
        cases.day_end(cases.local_day(m.last_at) + 30) as share_at,
        -- net a reversal with its correction before asking for anything
        cases.day_end(cases.local_day(m.last_at) + 14) as correction_at
) as f
cross join lateral (
    select
        case
            when m.remittances = 0 and f.floor_at > %(as_of)s then 'wait'
            when m.remittances = 0 then 'exception'
            when m.is_reversed and f.correction_at > %(as_of)s then 'wait'
            when m.is_reversed then 'exception'
            when m.denied > 0 then 'exception'
            when m.patient_share > 0 and f.share_at > %(as_of)s then 'wait'
            else 'exception'
        end as wanted,
        case
            when m.remittances = 0 and f.floor_at > %(as_of)s then null
            when m.remittances = 0 then 'payment_overdue'
            when m.is_reversed and f.correction_at > %(as_of)s then null
            when m.is_reversed then 'payment_overdue'
            when m.denied > 0 then 'claim_denied'
            when m.patient_share > 0 and f.share_at > %(as_of)s then null
            else 'patient_balance'
        end as kind,
        case
            when m.remittances = 0 then f.floor_at
            when m.is_reversed then f.correction_at
            else f.share_at
        end as ready_at
) as x
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'settlement';

-- Nothing to bill without the clinician's own charge.
update w_state as t
set wanted = 'exception', wanted_kind = 'missing_charge'
from w_current as s
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'claim'
    and not exists (select from w_charge as h where h.case_id = t.case_id);

-- What says that the medicines were reconciled is late: nobody is asked yet.
update w_state as t
set stage_state = 'unknown',
    waits_on_feeds = x.feeds,
    wanted = case when s.due_at <= %(as_of)s + interval '1 day' then 'exception' else 'wait' end,
    wanted_kind = case when s.due_at <= %(as_of)s + interval '1 day' then 'verify_by_hand' end,
    wanted_due_at = s.due_at
from w_current as s
inner join w_unsupported as n on n.case_id = s.case_id and n.reason = 'reconciliation_not_stated'
inner join lateral (
    select array_agg(f.feed order by f.feed) as feeds
    from w_feed as f
    where split_part(f.feed, '.', 2) = 'procedure' and f.is_stale
        and exists (select from w_fact as k where k.person_id = s.person_id and k.source = f.source)
) as x on x.feeds is not null
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null;

-- The documentation, or the payer, does not support the charge's code. Only the clinician may change
-- it; a named person who has looked at it may let it continue.
update w_state as t
set wanted = 'exception',
    wanted_kind = n.reason,
    -- whoever is asked what was done or documented is not led: neither a code nor money stands in the question
    wanted_detail = case
        when n.reason in ('level_not_stated', 'reconciliation_not_stated') then '{}'::jsonb
        else jsonb_strip_nulls(jsonb_build_object('charged', to_jsonb(n.codes), 'expected', t.expected_code))
    end
from w_unsupported as n
where n.case_id = t.case_id and t.wanted is null and n.codes is not null;

-- The payer's answer does not help: no longer covered, refused, without a date, or it names a plan that may be
-- Medicare Advantage.
update w_state as t
set stage_state = 'blocked', wanted = 'exception', wanted_kind = 'eligibility_unknown'
from w_current as s
inner join w_case as c on c.case_id = s.case_id
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and s.proof = 'eligibility'
    and (
        select f.code
        from w_fact as f
        where f.person_id = c.person_id and f.kind = 'eligibility'
            and f.on_day >= greatest(c.trigger_on, c.opened_on) - 30
        order by f.occurred_at desc, f.source_version desc, f.fact_id
        limit 1
    ) in ('inactive', 'rejected', 'unclear')
    and not exists (
        select from w_decision as d
        where d.case_id = t.case_id and d.stage = s.stage and d.action = 'retry'
    );

-- An open task is the next step until it ends.
update w_state as t
set wanted = 'task', wanted_kind = 'open', wanted_due_at = k.open_due_at,
    recheck_at = least(t.recheck_at, case when k.open_due_at > %(as_of)s then k.open_due_at end)
from w_current as s
inner join w_tries as k on k.case_id = s.case_id and k.stage = s.stage
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and k.open_task_id is not null
    and (s.due_at > %(as_of)s or k.open_due_at > %(as_of)s);

-- A named person postponed the exception for a week.
update w_state as t
set wanted = 'wait', wanted_due_at = cases.day_end(a.until),
    recheck_at = least(t.recheck_at, cases.day_end(a.until))
from w_current as s
inner join w_acknowledged as a on a.case_id = s.case_id and a.stage = s.stage
where s.case_id = t.case_id and t.status = 'open'
    and (t.wanted is null or t.wanted = 'exception')
    and cases.day_end(a.until) > %(as_of)s;

-- No system proves this stage, and the practice says so: its deadline is never missed. A person says what became of it.
update w_state as t
set stage_state = 'unknown', wanted = 'exception', wanted_kind = 'verify_by_hand', wanted_due_at = s.due_at
from w_current as s
inner join w_case as c on c.case_id = s.case_id
inner join cases.setting as h on h.name = 'by_hand' and h.key = c.workflow || '|' || s.stage
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and greatest(s.due_at, t.clock_due_at) <= %(as_of)s
    and not exists (
        select from w_decision as d
        where d.case_id = t.case_id and d.stage = s.stage and d.action = 'retry'
    );

-- The deadline has passed and the feeds are complete: missed. Remaining attempts continue only if the
-- definition says that attempts meet the clock.
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

-- All attempts are used up.
update w_state as t
set wanted = 'exception', wanted_kind = 'attempts_exhausted', wanted_due_at = s.due_at
from w_current as s
inner join w_tries as k on k.case_id = s.case_id and k.stage = s.stage
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and k.failed >= s.task_attempts;

-- Too early: the definition starts this task some days after the previous stage.
update w_state as t
set wanted = 'wait', wanted_due_at = x.ready_at, recheck_at = least(t.recheck_at, x.ready_at)
from w_current as s
inner join w_case as c on c.case_id = s.case_id
cross join lateral (
    select cases.day_end(
        case when s.clock_from = 'opened' then c.trigger_on else coalesce(s.clock_base, c.trigger_on) end
        + s.task_after_days
        + case when s.proof = 'claim' then (
            select value::int from cases.setting where name = 'bill_hold_days'
        ) else 0 end,
        c.zone
    ) as ready_at
) as x
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null and x.ready_at > %(as_of)s;

-- No task can make a visit happen: wait for the deadline. If the booked day has passed without a
-- visit, ask for a review, because not every system sends no-shows.
update w_state as t
set wanted = 'wait', wanted_due_at = s.due_at
from w_current as s
where s.case_id = t.case_id and t.status = 'open' and t.wanted is null
    and (
        s.proof = 'settlement'
        or (s.proof = 'visit' and not exists (select from w_booking as b where b.case_id = s.case_id))
    );

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
