-- reads: e_asking, e_business, e_day, e_decision, e_due, e_end, e_in_time, e_late, e_moment, e_owner_due,
--     e_task, r_end, r_escalation
-- makes: e_given, e_next, e_escalation, e_escalated
-- changes: e_ask

-- The work of an open case's current stage: its tasks, what a person put aside, what is missed, and what comes next
-- (rules 17, 24, 26, 27, 32).

-- Our tasks for the stage that have begun.
create temp table e_given on commit drop as
select
    a.case_no, t.kind, t.begun_at,
    t.ended_at is null or t.ended_at > %(now)s as is_open,
    t.ended_at <= %(now)s and (a.retried_at is null or t.ended_at > a.retried_at) as is_attempt
from e_asking as a
inner join e_task as t on t.person_id = a.person_id and t.version_id = a.version_id and t.stage = a.stage
where t.begun_at <= %(now)s and (t.trigger_key is null or t.trigger_key = a.trigger_key);

create index on e_given (case_no);

-- Attempts are tasks that ended without proof since a person last said retry (24). `from` and `every` say from when
-- the next one may begin.
create temp table e_next on commit drop as
select
    a.case_no,
    t.tried,
    greatest(m.first_at, g.again_at) as not_before,
    a.task_kind is null or (a.task_kind in ('outreach', 'scheduling') and exists (
        select
        from e_end as n
        inner join r_end as e on e.version_id = a.version_id and e.position = n.position
        where n.case_no = a.case_no and e.bars = 'outreach' and n.at_least = 2
    )) as has_none,
    b.last_at as by_at
from e_asking as a
cross join lateral (
    select count(*) as tried, (max(o.begun_at) at time zone a.zone)::date as last_on, max(o.begun_at) as last_at
    from e_given as o
    where o.case_no = a.case_no and o.is_attempt
) as t
left join e_moment as m on m.case_no = a.case_no and m.moment_id = a.from_id
left join e_moment as b on b.case_no = a.case_no and b.moment_id = a.by_id
left join e_day as d on d.day = t.last_on and a.every_unit = 'business days'
left join e_business as w on w.number = d.upto + a.every_number
cross join lateral (
    select case a.every_unit
        when 'hours' then t.last_at + make_interval(hours => a.every_number)
        else case a.every_unit
            when 'business days' then w.day
            when 'weeks' then t.last_on + 7 * a.every_number
            when 'months' then (t.last_on + make_interval(months => a.every_number))::date
            when 'years' then (t.last_on + make_interval(years => a.every_number))::date
            else t.last_on + a.every_number
        end::timestamp at time zone a.zone
    end as again_at
) as g;

create index on e_next (case_no);

insert into e_ask (case_no, rank, place, asks, kind, due_at, reason, by_at)
select
    a.case_no, r.rank, r.place, r.asks, r.kind, r.due_at, '', r.by_at
from e_asking as a
inner join e_next as n on n.case_no = a.case_no
left join e_late as l on l.case_no = a.case_no and l.stage_no = a.stage_no
left join e_in_time as i on i.case_no = a.case_no and i.stage_no = a.stage_no
left join e_owner_due as h on h.zone = a.zone and h.reason = 'verify_by_hand'
left join e_owner_due as m on m.zone = a.zone and m.reason = 'missed'
left join e_owner_due as u on u.zone = a.zone and u.reason = 'tries_used_up'
cross join lateral (values
    (
        l.at_least < 2 and l.at_most = 2,
        1, 1, 'exception', 'verify_by_hand', coalesce(h.due_at, a.next_day), null::timestamptz
    ),
    -- Missed is late and not in time (26).
    (
        l.at_least = 2 and i.at_most < 2 and a.retried_at is null,
        5, 0, 'exception', 'missed', coalesce(m.due_at, a.next_day), null
    ),
    (n.has_none and a.due_at is not null, 7, 0, 'wait', 'due', a.due_at, null),
    (
        not n.has_none and n.tried >= a.attempts,
        6, 0, 'exception', 'tries_used_up', least(coalesce(u.due_at, a.next_day), a.due_ahead), null
    ),
    (not n.has_none and n.not_before > %(now)s, 7, 1, 'wait', 'not_before', n.not_before, null),
    (not n.has_none, 8, 0, 'task', a.task_kind, a.due_at, n.by_at)
) as r (holds, rank, place, asks, kind, due_at, by_at)
where r.holds;

insert into e_ask (case_no, rank, place, asks, kind, due_at, reason)
select a.case_no, 3, 0, 'open task', g.kind, a.due_at, ''
from e_asking as a
inner join e_given as g on g.case_no = a.case_no and g.is_open;

insert into e_ask (case_no, rank, place, asks, kind, due_at, reason)
select a.case_no, 4, 0, 'wait', 'put_aside', u.until_at, coalesce(d.reason, '')
from e_asking as a
inner join e_decision as d on d.person_id = a.person_id and d.version_id = a.version_id and d.act = 'put_aside'
cross join lateral (
    select (d.until_on + 1)::timestamp at time zone a.zone - interval '1 microsecond' as until_at
) as u
where d.known_seq <= %(seq)s and %(now)s <= u.until_at
    and (d.trigger_key is null or d.trigger_key = a.trigger_key)
    and (d.stage is null or d.stage = a.stage);

-- `escalate`: when who is told; `at` counts from the staff's due.
create temp table e_escalation on commit drop as
select
    a.case_no, s.position, s.told,
    case s.unit
        when 'hours' then d.last_at + make_interval(hours => s.number)
        else (case s.unit
            when 'business days' then case when s.number = 0 then o.day else b.day end
            when 'weeks' then o.day + 7 * s.number
            when 'months' then (o.day + make_interval(months => s.number))::date
            when 'years' then (o.day + make_interval(years => s.number))::date
            else o.day + s.number
        end + 1)::timestamp at time zone a.zone - interval '1 microsecond'
    end as ends_at
from e_asking as a
inner join e_due as d on d.case_no = a.case_no and d.stage_no = a.stage_no
inner join r_escalation as s on s.version_id = a.version_id and s.stage_no = a.stage_no
cross join lateral (select (d.first_at at time zone a.zone)::date as day) as o
left join e_day as e on e.day = o.day and s.unit = 'business days'
left join e_business as b
    on b.number = e.upto + s.number + case when s.number < 0 then 1 - e.is_business::int else 0 end;

create temp table e_escalated on commit drop as
select s.case_no, s.position, s.told
from e_escalation as s
where %(now)s > s.ends_at;
