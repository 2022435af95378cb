-- reads: e_bill, e_business, e_case, e_day, e_decided, e_fact, e_final, e_log_case, e_log_fell, e_log_proven,
--     e_log_waiting, e_owner_due, e_proof, e_stage, e_state, r_stage
-- makes: e_change, e_waiting
-- changes: e_ask, e_log_case, e_log_fell, e_log_proven, e_log_record, e_log_waiting

-- What happened tonight, and what the next night must know: all else is derived anew each night (rules 10, 19, 28).

-- By which facts each stage is proven, and by which it was.
create temp table e_change on commit drop as
select
    f.log_no, f.case_no, s.stage_no, r.stage, p.told as by_references,
    case
        when p.told is not null and w.by_references is null then 'proven'
        when p.told is null and w.by_references is not null then 'fell back'
        when p.told <> w.by_references then 'proven by another'
    end as event
from e_final as f
inner join e_stage as s on s.case_no = f.case_no
inner join r_stage as r on r.version_id = s.version_id and r.stage_no = s.stage_no
left join e_log_proven as w on w.log_no = f.log_no and w.stage_no = s.stage_no
left join lateral (
    select array_agg(x.reference order by u.place) as told
    from e_proof as p
    cross join lateral unnest(p.by) with ordinality as u (fact_no, place)
    inner join e_fact as x on x.fact_no = u.fact_no
    where s.is_proven and p.case_no = f.case_no and p.stage_no = s.stage_no
) as p on true;

-- What was billed is judged on: support that falls away is an exception, whatever the status of the case.
insert into e_ask (case_no, rank, place, asks, kind, due_at, reason)
select
    f.case_no, -1, 0, 'exception', 'support_lost', d.due_at,
    'billed ' || g.billed || ', supports ' || b.told
from e_final as f
inner join e_log_case as g on g.log_no = f.log_no
inner join e_case as c on c.case_no = f.case_no
inner join e_owner_due as d on d.zone = c.zone and d.reason is null
left join e_bill as k on k.case_no = f.case_no
cross join lateral (select coalesce(k.told, 'nothing') as told) as b
where g.billed not in (b.told, 'unknown') and b.told <> 'unknown';

insert into e_log_case (
    log_no, person_id, version_id, case_key, opened_seq, opened_at, period, period_first, period_last, is_completed
)
select
    f.log_no, f.person_id, f.version_id, f.case_key, %(seq)s, %(now)s,
    c.period, c.period_first, c.period_last, false
from e_final as f
inner join e_case as c on c.case_no = f.opener
where f.is_new;

-- Records of the cases that open, and of the events that join one.
insert into e_log_record (log_no, source, reference)
select f.log_no, x.source, x.reference
from e_decided as d
inner join e_case as c on c.case_no = d.case_no
inner join e_fact as x on x.fact_no = c.trigger_no
inner join e_final as f on f.log_no = d.joins or f.opener = coalesce(-d.joins, d.case_no)
where d.joins is not null or d.opens;

insert into e_log_fell (log_no, stage_no, fell_at)
select e.log_no, e.stage_no, %(now)s
from e_change as e
where e.event = 'fell back'
    and not exists (
        select
        from e_log_fell as w
        where w.log_no = e.log_no and w.stage_no = e.stage_no
    );

update e_log_fell as w
set fell_at = %(now)s
from e_change as e
where e.event = 'fell back' and e.log_no = w.log_no and e.stage_no = w.stage_no;

delete from e_log_proven as w
using e_change as e
where e.event is not null and e.log_no = w.log_no and e.stage_no = w.stage_no;

insert into e_log_proven (log_no, stage_no, by_references)
select e.log_no, e.stage_no, e.by_references
from e_change as e
where e.event is not null and e.by_references is not null;

-- What is billed first, by a proven claim, is kept.
update e_log_case as g
set is_completed = n.is_completed, billed = coalesce(g.billed, n.billed)
from (
    select
        f.log_no,
        s.status = 'completed' as is_completed,
        case
            when exists (
                select
                from e_stage as t
                inner join r_stage as r on r.version_id = t.version_id and r.stage_no = t.stage_no
                where t.case_no = f.case_no and t.is_proven and r.standard = 'claim'
            ) then coalesce(b.told, 'nothing')
        end as billed
    from e_final as f
    inner join e_state as s on s.case_no = f.case_no
    left join e_bill as b on b.case_no = f.case_no
) as n
where n.log_no = g.log_no;

-- A population that is unknown, and a record that is unclear, are an exception after one business day (17, 18).
delete from e_log_waiting as w
using e_decided as d
inner join e_case as c on c.case_no = d.case_no
where w.person_id = d.person_id and w.version_id = d.version_id and w.trigger_key = c.trigger_key
    and d.joins is null and not d.opens and d.why not in ('unclear', 'population unknown');

insert into e_log_waiting (person_id, version_id, trigger_key, since_at)
select distinct d.person_id, d.version_id, c.trigger_key, %(now)s::timestamptz
from e_decided as d
inner join e_case as c on c.case_no = d.case_no
where d.joins is null and not d.opens and d.why in ('unclear', 'population unknown')
    and not exists (
        select
        from e_log_waiting as w
        where w.person_id = d.person_id and w.version_id = d.version_id and w.trigger_key = c.trigger_key
    );

create temp table e_waiting on commit drop as
select
    d.case_no, d.person_id, d.version_id, c.trigger_key, c.zone, d.why, w.since_at, u.until_at,
    coalesce(%(now)s > u.until_at, false) as is_exception
from e_decided as d
inner join e_case as c on c.case_no = d.case_no
left join e_log_waiting as w
    on w.person_id = d.person_id and w.version_id = d.version_id and w.trigger_key = c.trigger_key
        and d.why in ('unclear', 'population unknown')
left join e_day as e on e.day = (w.since_at at time zone c.zone)::date
left join e_business as b on b.number = e.upto + 1
cross join lateral (
    select (b.day + 1)::timestamp at time zone c.zone - interval '1 microsecond' as until_at
) as u
where d.joins is null and not d.opens;
