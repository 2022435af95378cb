-- reads: e_attributed, e_link, e_log_case, e_log_fell, e_log_record, e_running, e_today, e_trigger,
--     e_version_hit, r_trigger, r_version
-- makes: e_holder, e_new_trigger, e_case, e_fell

-- What is looked at tonight, one row each: the cases of the log, what may open one, and what a case would be if a
-- newer event joined it (rules 4, 9, 20 to 22).

-- Of the records of a case the one that it counts from: of `{within}` the one that opened it, or the first that is
-- left; else the newest (21).
create temp table e_holder on commit drop as
select distinct on (c.log_no) c.log_no, c.version_id, c.case_key, v.once_per, t.fact_no, t.reference, t.first_at
from e_log_case as c
inner join r_version as v on v.version_id = c.version_id
inner join e_log_record as r on r.log_no = c.log_no
inner join e_trigger as t
    on t.version_id = c.version_id and t.person_id = c.person_id
        and t.source = r.source and t.reference = r.reference
where t.how = 2 and c.period is null
order by
    c.log_no,
    v.once_per = 'within' and t.reference <> c.case_key,
    case when v.once_per = 'within' then t.first_at end,
    case when v.once_per = 'within' then t.reference end collate "C",
    t.first_at desc,
    t.reference collate "C" desc,
    t.position desc;

-- Records that no case of the log has, of whichever version of the workflow.
create temp table e_new_trigger on commit drop as
select t.*
from e_trigger as t
where not exists (
    select
    from e_log_case as c
    inner join e_log_record as r on r.log_no = c.log_no
    inner join r_version as o on o.version_id = c.version_id
    inner join r_version as v on v.version_id = t.version_id and v.workflow = o.workflow
    where c.person_id = t.person_id
        and r.source = t.source and r.reference = t.reference
);

create temp table e_case on commit drop as
with joining as (
    -- A newer event becomes the trigger; of `{within}` only where the record that opened it is gone.
    select h.log_no, t.fact_no
    from e_holder as h
    inner join e_log_case as c on c.log_no = h.log_no
    inner join e_new_trigger as t on t.version_id = c.version_id and t.person_id = c.person_id
    where t.how = 2 and case h.once_per
        when 'event' then false
        when 'within' then
            ((t.reference <> c.case_key)::int, t.first_at, t.reference collate "C")
            < ((h.reference <> c.case_key)::int, h.first_at, h.reference collate "C")
        else
            (t.first_at, t.reference collate "C") > (h.first_at, h.reference collate "C")
            and (
                h.once_per = 'person'
                or exists (select from e_link as l where l.fact_no = t.fact_no and l.slot = h.once_per)
            )
    end
),

of_record as (
    select l.log_no, l.fact_no
    from e_holder as l
    union all
    select j.log_no, j.fact_no
    from joining as j
),

wanted as (
    select
        c.person_id, c.version_id, c.log_no, t.reference as trigger_key, t.fact_no as trigger_no,
        t.first_at as trigger_first, t.last_at as trigger_last, t.zone, c.opened_at,
        null::text as period, null::date as period_first, null::date as period_last,
        false as is_candidate, 2::smallint as how, t.position, null as source
    from of_record as r
    inner join e_log_case as c on c.log_no = r.log_no
    inner join e_trigger as t on t.fact_no = r.fact_no and t.version_id = c.version_id
    union all
    select
        c.person_id, c.version_id, c.log_no, c.case_key, null,
        b.first_at as trigger_first, b.first_at as trigger_last, null, c.opened_at,
        c.period, c.period_first, c.period_last, false, 2, null, null
    from e_log_case as c
    inner join e_today as p on p.person_id = c.person_id
    cross join lateral (
        -- The record is gone and with it its time: what is left to count from is the opening.
        select coalesce(c.period_first::timestamp at time zone p.zone, c.opened_at) as first_at
    ) as b
    where c.log_no not in (select h.log_no from e_holder as h)
    union all
    select
        t.person_id, t.version_id, null, t.reference, t.fact_no, t.first_at, t.last_at, t.zone, null,
        null, null, null, true, t.how, t.position, t.source
    from e_new_trigger as t
    union all
    select
        r.person_id, r.version_id, null, r.first_day::text, null,
        b.first_at as trigger_first, b.first_at as trigger_last, null, null,
        r.period, r.first_day, r.last_day, true, 2, null, null
    from e_running as r
    cross join lateral (select r.first_day::timestamp at time zone r.zone as first_at) as b
    where not exists (
        select
        from e_log_case as c
        where c.person_id = r.person_id and c.version_id = r.version_id
            and c.period = r.period and c.period_first = r.first_day and c.period_last = r.last_day
    )
)

select
    row_number() over (order by w.version_id, w.person_id, w.log_no, w.position, w.trigger_key) as case_no,
    w.person_id, w.version_id, w.log_no, w.trigger_key collate "C" as trigger_key, w.trigger_no,
    w.trigger_first, w.trigger_last,
    coalesce(w.zone, a.zone, %(zone)s) as zone,
    w.opened_at, w.period, w.period_first, w.period_last, w.is_candidate, w.how, w.position,
    k.learned_at
from wanted as w
left join lateral (
    select a.zone
    from e_attributed as a
    where a.person_id = w.person_id and a.first_at <= w.trigger_last and w.trigger_first <= a.last_at
    order by a.position
    limit 1
) as a on w.zone is null
left join lateral (
    -- The first night that knew a version of the record which is what `after` names.
    select min(k.known_at) as learned_at
    from e_version_hit as k
    inner join r_trigger as t on t.named_fact_id = k.named_fact_id
    where t.version_id = w.version_id and k.person_id = w.person_id
        and k.source = w.source and k.reference = w.trigger_key
) as k on w.is_candidate and w.trigger_no is not null;

create unique index on e_case (case_no);
create index on e_case (version_id);
create index on e_case (person_id, version_id);
create index on e_case (log_no, trigger_no);
analyze e_case;

create temp table e_fell on commit drop as
select c.case_no, f.stage_no, f.fell_at
from e_case as c
inner join e_log_fell as f on f.log_no = c.log_no;

create index on e_fell (case_no, stage_no);
analyze e_fell;
