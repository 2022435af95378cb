-- reads: operations.decision, operations.night, tasks.answer, tasks.task, tasks.transmission,
--     tasks.transmission_task, w_attempt, w_case, w_decision, w_fact, w_feed, w_stage, w_unknown
-- makes: w_task, w_tries

-- noqa: disable=RF01,RF03
-- (the linter does not see the updated table's neighbours from inside a lateral query)

-- The tasks of these cases as of this night: those that were open before, and how they end now.
create temp table w_task on commit drop as
select
    t.task_id,
    t.case_id,
    t.person_id,
    t.stage,
    t.kind,
    t.effect_key,
    t.attempt,
    t.planned_seq,
    t.planned_at,
    -- a task that waited because sending was paused has its time from when it was sent; what stays inside waits for nothing
    case
        when not p.ever or t.kind = 'review' or not operations.was_paused(t.planned_seq, %(seq)s) then t.due_at
        when t.inside_seq < %(seq)s then t.due_at
        when s.cut_off is null then greatest(t.due_at, %(as_of)s + interval '1 day')
        else t.due_at + (s.cut_off - n.cut_off)
    end as due_at,
    t.closed_seq is null or t.closed_seq >= %(seq)s as was_open,
    case when t.closed_seq < %(seq)s then t.status end as ended_as,
    null::text as ends_as,
    null::text as ends_reason,
    null::uuid as ends_fact_id
from tasks.task as t
inner join w_case as c on c.case_id = t.case_id
cross join (
    select count(*) > 0 as ever from operations.decision as d where d.about_kind = 'sending'
) as p
left join operations.night as n on n.seq = t.planned_seq and p.ever
left join lateral (
    select min(i.cut_off) as cut_off
    from tasks.transmission_task as l
    inner join tasks.transmission as x on x.transmission_id = l.transmission_id
    inner join operations.night as i on i.seq = x.planned_seq
    where l.task_id = t.task_id and x.planned_seq < %(seq)s
) as s on p.ever
where t.planned_seq < %(seq)s;

create index on w_task (case_id, stage);

-- proven: the evidence completes it
update w_task as t
set ends_as = 'completed', ends_reason = 'proven', ends_fact_id = s.fact_id
from w_stage as s
where s.case_id = t.case_id and s.stage = t.stage and t.was_open and s.state = 'complete';

-- skipped: the task is no longer needed
update w_task as t
set ends_as = 'cancelled', ends_reason = s.reason
from w_stage as s
where s.case_id = t.case_id and s.stage = t.stage and t.was_open and t.ends_as is null
    and s.state in ('waived', 'failed');

-- tried but not reached: the attempt is itself evidence
update w_task as t
set ends_as = 'failed', ends_reason = a.last_outcome
from w_attempt as a
where a.case_id = t.case_id and a.stage = t.stage and t.was_open and t.ends_as is null
    and t.kind = 'outreach' and a.last_seq > t.planned_seq;

-- the receiver refused the task or gave it up
update w_task as t
set ends_as = case f.code when 'rejected' then 'rejected' else 'failed' end,
    ends_reason = coalesce(f.detail ->> 'business_status', f.code),
    ends_fact_id = f.fact_id
from w_fact as f
where f.person_id = t.person_id and f.kind = 'task_update'
    and f.identifiers ->> 'task' in (t.effect_key, t.task_id::text)
    and f.code in ('rejected', 'failed', 'cancelled')
    and t.was_open and t.ends_as is null;

-- what was sent was certainly refused, or it was withheld
update w_task as t
set ends_as = case when x.outcome_reason = 'observed' then 'cancelled' else 'failed' end,
    ends_reason = coalesce(x.outcome_reason, x.outcome)
from tasks.transmission_task as l
inner join tasks.transmission as x on x.transmission_id = l.transmission_id
where l.task_id = t.task_id
    and x.outcome in ('rejected', 'withheld')
    and x.outcome_seq < %(seq)s
    and t.was_open and t.ends_as is null
    and not exists (
        select from tasks.transmission_task as l2
        inner join tasks.transmission as x2 on x2.transmission_id = l2.transmission_id
        where l2.task_id = t.task_id and x2.outcome in ('intended', 'accepted', 'uncertain')
    );

-- the receiver answered that nothing will come of what it took
update w_task as t
set ends_as = case a.answer when 'declined' then 'rejected' else 'failed' end,
    ends_reason = case a.answer when 'declined' then 'the request was declined' else 'no slot' end
from tasks.transmission_task as l
inner join tasks.answer as a on a.transmission_id = l.transmission_id
where l.task_id = t.task_id and a.known_seq <= %(seq)s and t.was_open and t.ends_as is null;

-- lapsed: it is past its due date, the feeds that would show a result are complete, and nothing was set aside
update w_task as t
set ends_as = 'failed', ends_reason = 'no result in time'
from w_stage as s
where s.case_id = t.case_id and s.stage = t.stage and t.was_open and t.ends_as is null
    and t.due_at <= %(as_of)s
    and not exists (
        select from w_feed as f
        where f.feed = any(s.feeds)
            and (f.last_business_date is null or cases.day_end(f.last_business_date) < t.due_at)
    )
    and not exists (select from w_unknown as u where u.case_id = s.case_id and u.position = s.position);

-- The number of attempts at a stage since a named person last asked for a new one.
create temp table w_tries on commit drop as
select
    s.case_id,
    s.stage,
    count(t.task_id) as planned,
    count(t.task_id) filter (
        where (t.ended_as in ('failed', 'rejected') or t.ends_as in ('failed', 'rejected'))
            and t.planned_seq > coalesce(d.known_seq, 0)
    ) as failed,
    (array_agg(t.task_id order by t.attempt desc) filter (
        where t.was_open and t.ends_as is null
    ))[1] as open_task_id,
    min(t.due_at) filter (where t.was_open and t.ends_as is null) as open_due_at
from w_stage as s
left join lateral (
    select max(d.known_seq) as known_seq from w_decision as d
    where d.case_id = s.case_id and d.stage = s.stage and d.action = 'retry'
) as d on true
left join w_task as t on t.case_id = s.case_id and t.stage = s.stage
group by s.case_id, s.stage;

create unique index on w_tries (case_id, stage);
