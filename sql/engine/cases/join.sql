-- reads: e_case, e_holder, e_log_case, e_opening, e_pair, e_state
-- makes: e_queue, e_held, e_walk, e_decided, e_final

-- The candidates of a person one after the other, in the person's order: each joins the first case that has room for
-- it, or opens one, which the next may join (rule 21).

create temp table e_queue on commit drop as
select
    o.*,
    row_number() over (partition by o.person_id, o.version_id order by o.position, o.trigger_no)::int as number
from e_opening as o
where o.once_per <> 'event' and o.trigger_no is not null;

create index on e_queue (person_id, version_id, number);
analyze e_queue;

-- What may be joined at first: cases of the log whose trigger stands.
create temp table e_held on commit drop as
select
    h.log_no, h.version_id, c.person_id, e.case_no
from e_holder as h
inner join e_log_case as c on c.log_no = h.log_no
inner join e_case as e on e.log_no = h.log_no and e.trigger_no = h.fact_no
where h.once_per <> 'event';

-- `cases` are the numbers of the log, or minus the number of the candidate that opens one tonight; `holders` are what
-- each of them is by now.
create temp table e_walk on commit drop as
with recursive walk as (
    select
        s.person_id, s.version_id, 0 as number,
        coalesce(k.cases, '{}') as cases, coalesce(k.holders, '{}') as holders,
        null::bigint as case_no, null::bigint as joins
    from (
        select q.person_id, q.version_id
        from e_queue as q
        union
        select h.person_id, h.version_id
        from e_held as h
    ) as s
    left join (
        select
            g.person_id, g.version_id,
            array_agg(g.log_no order by g.log_no) as cases, array_agg(g.case_no order by g.log_no) as holders
        from e_held as g
        group by g.person_id, g.version_id
    ) as k on k.person_id = s.person_id and k.version_id = s.version_id
    union all
    select
        w.person_id, w.version_id, q.number,
        case when j.place is null and q.opens then w.cases || -q.case_no else w.cases end,
        case
            when j.place is not null
                then w.holders[:j.place - 1] || j.holder || w.holders[j.place + 1:]
            when q.opens then w.holders || q.case_no
            else w.holders
        end,
        q.case_no, w.cases[j.place]
    from walk as w
    inner join e_queue as q
        on q.person_id = w.person_id and q.version_id = w.version_id and q.number = w.number + 1
    left join lateral (
        select
            t.place::int as place,
            case
                when not f.takes_over then t.holder
                when t.log_no < 0 then q.case_no
                else n.case_no
            end as holder
        from unnest(w.cases, w.holders) with ordinality as t (log_no, holder, place)
        inner join e_case as h on h.case_no = t.holder
        inner join e_pair as p on p.case_no = q.case_no and p.trigger_no = h.trigger_no
        inner join e_state as s on s.case_no = t.holder
        left join e_log_case as g on g.log_no = t.log_no
        left join e_case as n on n.log_no = t.log_no and n.trigger_no = q.trigger_no
        cross join lateral (
            -- Of a slot or person the newest; of `{within}` the one that opened it, else the first that is left.
            select case
                when q.once_per <> 'within' then p.is_newer
                when g.log_no is null then false
                when (q.trigger_key = g.case_key) = (h.trigger_key = g.case_key) then not p.is_newer
                else q.trigger_key = g.case_key
            end as takes_over
        ) as f
        where q.once_per = 'within' or s.status = 'open' or p.is_earlier
        order by t.place
        limit 1
    ) as j on true
)

select w.*
from walk as w;

create index on e_walk (person_id, version_id, number);
analyze e_walk;

-- Where each candidate went. `log_no` is that of the case that it joins; null for one that joins none.
create temp table e_decided on commit drop as
select
    o.case_no, o.person_id, o.version_id, o.why, w.joins,
    w.joins is null and o.opens as opens
from e_opening as o
left join e_walk as w on w.case_no = o.case_no;

create unique index on e_decided (case_no);
analyze e_decided;

-- Each case of tonight with what it is after all that joined it.
create temp table e_final on commit drop as
with held as (
    select l.person_id, l.version_id, u.log_no, u.case_no
    from (
        select distinct on (w.person_id, w.version_id) w.person_id, w.version_id, w.cases, w.holders
        from e_walk as w
        order by w.person_id, w.version_id, w.number desc
    ) as l
    cross join lateral unnest(l.cases, l.holders) as u (log_no, case_no)
),

whole as (
    select h.person_id, h.version_id, h.log_no, h.case_no
    from held as h
    union all
    select d.person_id, d.version_id, -d.case_no, d.case_no
    from e_decided as d
    where d.opens and d.case_no not in (select -h.log_no from held as h)
    union all
    select c.person_id, c.version_id, c.log_no, c.case_no
    from e_case as c
    where c.log_no is not null and c.log_no not in (select h.log_no from held as h)
)

select
    w.person_id, w.version_id, w.case_no,
    w.log_no < 0 as is_new,
    case when w.log_no < 0 then -w.log_no end as opener,
    case
        when w.log_no > 0 then w.log_no
        else coalesce(l.last_no, 0)
            + row_number() over (partition by w.log_no < 0 order by w.version_id, w.person_id, -w.log_no)
    end as log_no,
    coalesce(c.case_key, e.trigger_key) as case_key
from whole as w
left join e_log_case as c on c.log_no = w.log_no
left join e_case as e on e.case_no = -w.log_no
cross join (select max(g.log_no) as last_no from e_log_case as g) as l;

create unique index on e_final (case_no, log_no);
create index on e_final (log_no);
analyze e_final;
