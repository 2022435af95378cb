-- reads: e_answer, e_case, e_coding, e_end, e_fact, e_hit, e_link, e_moment, e_proof, e_total, r_bill, r_end,
--     r_excluded, r_own_code, r_version
-- makes: e_billing, e_billed_line, e_billed, e_charged
-- changes: e_bill

-- What may be billed, and whether it is what was charged, of the cases whose `bills` has this level (17, 28, 32).
-- `word` is unknown or nothing where there are no codes to tell; `agrees` is empty while nothing is charged.

create temp table e_billing on commit drop as
select
    c.case_no, c.person_id, c.version_id, v.dated_stage, v.charges_id,
    (m.first_at at time zone c.zone)::date as dated_on,
    case
        when m.case_no is null then 'nothing'
        when o.at_least < 2 and o.at_most = 2 then 'unknown'
        when o.at_most = 1 then 'nothing'
    end as word,
    coalesce(o.at_least, 2) < 2 or exists (
        select
        from r_end as e
        inner join e_end as a on a.position = e.position
        where e.version_id = c.version_id and e.bars = 'code' and a.case_no = c.case_no and a.at_least = 2
    ) as is_barred
from e_case as c
inner join r_version as v on v.version_id = c.version_id
left join e_moment as m on m.case_no = c.case_no and m.moment_id = v.dated_id
left join e_answer as o on o.case_no = c.case_no and o.condition_id = v.only_if_id
where v.has_bills and v.bills_level = %(level)s;

analyze e_billing;

-- Of each line the first code that holds. One that is unknown, or not there yet, hides those after it.
create temp table e_billed_line on commit drop as
with asked as (
    select
        c.case_no, b.version_id, b.line, b.position, b.code,
        coalesce(w.at_least, 2) as at_least, coalesce(w.at_most, 2) as at_most,
        coalesce(x.at_least, 0) as hindered_at_least, coalesce(x.at_most, 0) as hindered_at_most
    from e_billing as c
    inner join r_bill as b on b.version_id = c.version_id
    left join e_answer as w on w.case_no = c.case_no and w.condition_id = b.when_id
    left join lateral (
        -- `not_with`: a row of the payers' rules holds on its days, for every open case.
        select max(a.at_least) as at_least, max(a.at_most) as at_most
        from r_excluded as e
        inner join e_answer as a on a.case_no = c.case_no and a.condition_id = e.condition_id
        where e.version_id = b.version_id and e.line = b.line and e.position = b.position
            and c.dated_on between coalesce(e.from_day, '-infinity') and coalesce(e.to_day, 'infinity')
    ) as x on true
    where c.word is null and (b.code in ('ordinary', 'as_documented') or not c.is_barred)
),

held as (
    select
        a.case_no, a.version_id, a.line, a.position, a.code,
        least(a.at_least, 2 - a.hindered_at_most) as at_least,
        least(a.at_most, 2 - a.hindered_at_least) as at_most
    from asked as a
    where a.hindered_at_least < 2
)

select distinct on (h.case_no, h.line)
    h.case_no, h.version_id, h.line, h.position, h.code, h.at_least,
    h.at_most = 2 and (h.at_least < 2 or h.code = 'unknown') as is_unknown
from held as h
where h.at_most > 0
order by h.case_no, h.line, h.position;

-- `add`: one more unit for each full `add_each` above `add_above`; unknown while the sum may still grow.
create temp table e_billed on commit drop as
select
    l.case_no, l.line,
    l.is_unknown or coalesce(t.may_grow, false) as is_unknown,
    l.code, b.add_code, t.units
from e_billed_line as l
inner join r_bill as b on b.version_id = l.version_id and b.line = l.line and b.position = l.position
left join lateral (
    select
        t.may_grow,
        least(greatest(trunc((t.total - b.add_above) / b.add_each), 0), b.add_at_most)::int as units
    from e_total as t
    where t.case_no = l.case_no and t.condition_id = b.sum_id
) as t on b.add_code is not null and l.at_least = 2
where l.at_least = 2 or l.is_unknown;

-- What is charged for what the bill is dated by: at the encounters of what proves that stage.
create temp table e_charged on commit drop as
select distinct c.case_no, k.code
from e_billing as c
inner join e_hit as h on h.named_fact_id = c.charges_id and h.person_id = c.person_id and h.how = 2
inner join e_fact as f on f.fact_no = h.fact_no
inner join e_coding as k on k.fact_no = h.fact_no
where f.kind <> 'case' and (
    c.dated_stage is null
    or exists (
        select
        from e_proof as p
        inner join e_link as v on v.fact_no = any(p.by) and v.slot = 'encounter'
        inner join e_link as l on l.slot = v.slot and l.namespace = v.namespace and l.id = v.id
        where p.case_no = c.case_no and p.stage_no = c.dated_stage and l.fact_no = h.fact_no
    )
);

create index on e_charged (case_no);
analyze e_charged;

insert into e_bill (case_no, word, told, codes, agrees)
select
    s.case_no, s.word, coalesce(s.word, s.told), case when s.word is null then s.codes end,
    case
        when s.word is not null then s.word
        when not exists (select from e_charged as k where k.case_no = s.case_no) then ''
        when 'as_documented' = any(s.codes) or coalesce(s.named, '{}') = coalesce(o.charged, '{}') then 'agree'
        else 'disagree'
    end
from (
    select
        c.case_no, c.version_id, b.told, b.codes, b.named,
        coalesce(c.word, case
            when b.is_unknown then 'unknown'
            when b.codes is null then 'nothing'
        end) as word
    from e_billing as c
    left join lateral (
        select
            bool_or(b.is_unknown) as is_unknown,
            string_agg(
                case when u.units = 1 then u.code else u.units || ' x ' || u.code end, ', '
                order by b.line, u.place
            ) as told,
            array_agg(u.code order by b.line, u.place) as codes,
            array_agg(distinct u.code order by u.code) filter (
                where u.code not in ('ordinary', 'as_documented', 'unknown')
            ) as named
        from e_billed as b
        cross join lateral (values (1, b.code, 1), (2, b.add_code, b.units)) as u (place, code, units)
        where b.case_no = c.case_no and (u.place = 1 or u.units > 0)
    ) as b on true
) as s
left join lateral (
    select array_agg(distinct k.code order by k.code) as charged
    from e_charged as k
    inner join r_own_code as o on o.version_id = s.version_id and o.code = k.code
    where k.case_no = s.case_no
) as o on true;

drop table e_billing, e_billed_line, e_billed, e_charged;
