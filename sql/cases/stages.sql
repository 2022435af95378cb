-- reads: w_case, w_claim, w_decision, w_fact, w_feed, w_not_known, w_profile, w_proof, w_rests, w_rule
-- makes: w_stage, w_unknown, w_attempt

-- Each stage of each case, with its clock: proven, skipped by a rule or by a named person, or still open.
create temp table w_stage on commit drop as
select
    c.case_id,
    c.person_id,
    r.position,
    r.stage,
    r.proof,
    r.owner_team,
    r.task_kind,
    r.task_attempts,
    r.task_days,
    r.task_after_days,
    r.priority,
    r.visit_type,
    r.aim_days,
    r.attempts_meet_clock,
    coalesce(f.feeds, '{}') as feeds,
    r.needs,
    r.claim_codes,
    r.pays,
    p.fact_id,
    p.proven_at,
    p.detail,
    case
        when r.clock_from = 'trigger' then c.trigger_on
        -- what was due before the first night is not late on the first morning
        when r.clock_from = 'opened' then greatest(c.trigger_on, c.opened_on)
        else cases.local_day(b.proven_at, c.zone)
    end as clock_base,
    null::timestamptz as due_at,
    case when p.case_id is not null then 'complete' else 'pending' end as state,
    null::text as reason,
    r.clock_from,
    r.clock_days,
    r.clock_business_days
from w_case as c
inner join w_rule as r on r.workflow = c.workflow and r.version = c.version
left join w_proof as p on p.case_id = c.case_id and p.position = r.position
left join w_rule as br
    on br.workflow = r.workflow and br.version = r.version and br.stage = r.clock_from
left join w_proof as b on b.case_id = c.case_id and b.position = br.position
left join w_profile as o on o.person_id = c.person_id
left join w_rests as f
    on f.workflow = r.workflow and f.version = r.version and f.stage = r.stage and f.known_in = o.known_in;

create unique index on w_stage (case_id, position);

analyze w_stage;

-- If a clock starts at a stage that was skipped, it starts when the case began.
update w_stage as s
set due_at = cases.day_end(case
    when s.clock_business_days is not null
        then cases.add_business_days(coalesce(s.clock_base, c.trigger_on), s.clock_business_days)
    else coalesce(s.clock_base, c.trigger_on) + s.clock_days
end, c.zone)
from w_case as c
where c.case_id = s.case_id;

-- The stages of which something is not known: rows that rest on one of their feeds were set aside. One that names the
-- person, or may be about anybody whose stage was still open in its days.
create temp table w_unknown on commit drop as
with matched as (
    select s.case_id, s.position, n.*
    from w_stage as s
    inner join w_not_known as n on n.person_id = s.person_id
    -- without its charges there is no claim, whatever the stage itself rests on
    where s.state = 'pending'
        and (n.feed = any(s.feeds) or (s.proof = 'claim' and split_part(n.feed, '.', 2) = 'charge_item'))
    union all
    select s.case_id, s.position, n.*
    from w_stage as s
    inner join w_case as c on c.case_id = s.case_id
    inner join w_not_known as n on n.person_id is null
    where s.state = 'pending'
        and (n.feed = any(s.feeds) or (s.proof = 'claim' and split_part(n.feed, '.', 2) = 'charge_item'))
        and (n.from_on is null or cases.local_day(s.due_at - interval '1 second', c.zone) >= n.from_on)
)

select
    m.case_id,
    m.position,
    array_agg(distinct m.feed order by m.feed) as feeds,
    bool_or(m.person_id is not null) as is_named,
    (array_agg(m.exception_id order by m.exception_due_at nulls last, m.exception_id))[1] as exception_id,
    -- nobody has decided by the time that was given for it
    bool_and(coalesce(m.exception_due_at <= %(as_of)s, false)) as is_overdue
from matched as m
inner join w_case as c on c.case_id = m.case_id
where (m.until_on is null or c.trigger_on <= m.until_on)
    and (
        m.payer_id is null or m.payer_id = c.payer_id
        or exists (select from w_claim as k where k.case_id = m.case_id and k.payer_id = m.payer_id)
    )
group by m.case_id, m.position;

create unique index on w_unknown (case_id, position);

-- A named person skipped a stage.
update w_stage as s
set state = 'waived', reason = d.action || ' by ' || d.decided_by
from (
    select distinct on (case_id, stage) case_id, stage, action, decided_by
    from w_decision
    where action in ('waive_stage', 'continue')
    order by case_id, stage, known_seq desc
) as d
where d.case_id = s.case_id and d.stage = s.stage and s.state = 'pending';

-- A claim that the payer accepted needs no eligibility inquiry.
update w_stage as s
set state = 'waived', reason = 'the claim was accepted'
where s.state = 'pending' and s.proof = 'eligibility'
    and exists (select from w_proof as k where k.case_id = s.case_id and k.proof = 'claim');

-- A visit that took place needs no booking.
update w_stage as s
set state = 'waived', reason = 'the visit took place'
where s.state = 'pending'
    and s.proof = 'booking'
    and exists (
        select from w_proof as v where v.case_id = s.case_id and v.proof = 'visit' and v.position > 0
    );

-- If billing depends on the contact, it is never skipped: after the deadline care continues without it,
-- and the visit is billed as an ordinary one. Otherwise a booking shows that the patient was reached.
update w_stage as s
set state = 'failed', reason = 'care went on without contact in time'
from (select case_id from w_proof where proof in ('booking', 'visit') and position > 0) as later
where later.case_id = s.case_id
    and s.state = 'pending' and s.proof = 'contact' and s.attempts_meet_clock is not null
    and s.due_at <= %(as_of)s
    and not exists (
        select from w_feed as f
        where f.feed = any(s.feeds)
            and (f.last_business_date is null or cases.day_end(f.last_business_date) < s.due_at)
    )
    and not exists (select from w_unknown as u where u.case_id = s.case_id and u.position = s.position);

update w_stage as s
set state = 'waived', reason = 'the patient booked'
from (select case_id from w_proof where proof in ('booking', 'visit') and position > 0) as later
where later.case_id = s.case_id
    and s.state = 'pending' and s.proof = 'contact' and s.attempts_meet_clock is null;

-- Attempts to reach the patient after the event; only one per day counts.
create temp table w_attempt on commit drop as
select
    s.case_id,
    s.stage,
    count(distinct f.on_day) as attempts,
    count(distinct f.on_day) filter (where f.occurred_at < s.due_at) as timely,
    (array_agg(f.code order by f.occurred_at desc, f.fact_id))[1] as last_outcome,
    max(f.occurred_at) as last_at,
    max(f.known_seq) as last_seq
from w_stage as s
inner join w_case as c on c.case_id = s.case_id
inner join w_fact as f on f.person_id = c.person_id and f.kind = 'attempt'
where s.proof = 'contact' and f.occurred_at >= c.contact_from
group by s.case_id, s.stage;

create unique index on w_attempt (case_id, stage);
