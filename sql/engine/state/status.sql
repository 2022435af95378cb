-- reads: e_answer, e_case, e_decision, e_end, e_late, e_log_case, e_moment, e_proof, e_skip, r_end,
--     r_otherwise, r_stage
-- makes: e_stage, e_current, e_otherwise, e_state

-- How each case stands: its stages, the current one, and its status (rules 24 to 28).

create temp table e_stage on commit drop as
select
    s.*,
    case
        when s.is_proven then 'proven'
        when s.is_skipped then 'skipped'
        when s.late_at_least = 2 then 'late'
        else 'pending'
    end as state
from (
    select
        c.case_no, s.version_id, s.stage_no,
        coalesce(p.at_least, 0) = 2 as is_proven,
        coalesce(p.at_least, 0) < 2 and coalesce(k.at_least, 0) = 2 as is_skipped,
        coalesce(l.at_least, 0) as late_at_least,
        coalesce(l.at_most, 0) as late_at_most
    from e_case as c
    inner join r_stage as s on s.version_id = c.version_id
    left join e_proof as p on p.case_no = c.case_no and p.stage_no = s.stage_no
    left join e_skip as k on k.case_no = c.case_no and k.stage_no = s.stage_no
    left join e_late as l on l.case_no = c.case_no and l.stage_no = s.stage_no
) as s;

create index on e_stage (case_no, stage_no);
analyze e_stage;

-- The current stage is the first that is neither proven nor skipped (25).
create temp table e_current on commit drop as
select
    c.case_no, c.person_id, c.version_id, c.trigger_key, c.zone, n.stage_no
from e_case as c
inner join (
    select s.case_no, min(s.stage_no) as stage_no
    from e_stage as s
    where not s.is_proven and not s.is_skipped
    group by s.case_no
) as n on n.case_no = c.case_no;

create index on e_current (case_no);
analyze e_current;

-- The rows of the current stage's `otherwise` that hold, or might: a wait is asked for while it is ahead, then the
-- exception; a wait that is not there is passed over.
create temp table e_otherwise on commit drop as
select
    c.case_no, o.position, o.exception, o.closes, m.last_at as until_at,
    case
        when a.at_least < 2 then 'unknown'
        when o.closes is not null then 'closes'
        when o.wait_id is not null and m.case_no is null then 'passed over'
        when o.wait_id is not null and %(now)s <= m.last_at then 'wait'
        when o.exception is not null then 'exception'
        else 'passed over'
    end as asks
from e_current as c
inner join r_otherwise as o on o.version_id = c.version_id and o.stage_no = c.stage_no
inner join e_answer as a on a.case_no = c.case_no and a.condition_id = o.when_id
left join e_moment as m on m.case_no = c.case_no and m.moment_id = o.wait_id
where a.at_most = 2;

create index on e_otherwise (case_no);

-- A named person, the trigger withdrawn, the ends; a case that was completed is excluded no more (28).
create temp table e_state on commit drop as
select
    c.case_no,
    s.stage_no as current_stage,
    n.status,
    n.reason
from e_case as c
left join e_current as s on s.case_no = c.case_no
left join e_log_case as g on g.log_no = c.log_no
left join lateral (
    select true as is_so, d.reason
    from e_decision as d
    where d.person_id = c.person_id and d.version_id = c.version_id and d.act = 'close'
        and d.stage is null and d.known_seq <= %(seq)s
        and (d.trigger_key is null or d.trigger_key = c.trigger_key)
    order by d.decision_no desc
    limit 1
) as d on true
left join lateral (
    select true as is_so, e.status, e.reason
    from r_end as e
    inner join e_end as a on a.case_no = c.case_no and a.position = e.position
    where e.version_id = c.version_id and e.bars is null and a.at_least = 2
    order by e.position
    limit 1
) as e on true
left join lateral (
    select case when o.asks = 'closes' then o.closes end as closes
    from e_otherwise as o
    where o.case_no = c.case_no and o.asks <> 'passed over'
    order by o.position
    limit 1
) as o on true
cross join lateral (
    select w.status, w.reason
    from (values
        (1, d.is_so, 'closed', coalesce(d.reason, '')),
        (2, s.stage_no is null and coalesce(g.is_completed, false), 'completed', ''),
        (3, c.trigger_no is null and c.period is null, 'void', 'trigger withdrawn'),
        (4, e.is_so, coalesce(e.status, 'closed'), e.reason),
        (5, o.closes is not null, 'closed', o.closes),
        (6, s.stage_no is not null, 'open', ''),
        (7, exists (
            select
            from e_stage as p
            where p.case_no = c.case_no and p.is_proven
        ), 'completed', ''),
        (8, true, 'closed', 'nothing left')
    ) as w (rank, holds, status, reason)
    where w.holds
    order by w.rank
    limit 1
) as n;

create unique index on e_state (case_no);
analyze e_state;
