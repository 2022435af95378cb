-- reads: e_asked_kind, e_described, e_version, e_version_coding, r_fact_code, r_fact_detail, r_named_fact,
--     r_trigger
-- changes: e_described, e_version_hit

-- Which versions of records are what a named fact says: 2 yes, 1 it might be, no row no (14, 18). What an unclear record
-- does not say might be what is asked for.

insert into e_described (named_fact_id, version_no, how)
with kinds as (
    select a.named_fact_id, v.version_no
    from e_asked_kind as a
    inner join e_version as v on v.kind = a.kind
    where (v.kind = 'case') = %(with_cases)s
),

coded as (
    select k.named_fact_id, k.version_no
    from kinds as k
    inner join e_version_coding as c on c.version_no = k.version_no
    inner join r_fact_code as r
        on r.named_fact_id = k.named_fact_id and r.code = c.code and (r.system is null or r.system = c.system)
    group by k.named_fact_id, k.version_no
),

has_codes as (
    select c.version_no
    from e_version_coding as c
    group by c.version_no
)

select k.named_fact_id, k.version_no, h.how
from kinds as k
inner join r_named_fact as n on n.named_fact_id = k.named_fact_id
inner join e_version as v on v.version_no = k.version_no
left join coded as c on c.named_fact_id = k.named_fact_id and c.version_no = k.version_no
left join has_codes as a on a.version_no = k.version_no
cross join lateral (select v.is_unclear::int as missing) as m
left join lateral (
    select min(e.how) as how
    from r_fact_detail as d
    cross join lateral (
        select
            -- what a record says is nothing, it does not say
            nullif(
                case when d.key = 'value' then coalesce(to_jsonb(v.value), to_jsonb(v.value_at), to_jsonb(v.value_on)) end,
                'null'
            ) as own,
            nullif(v.detail -> d.key, 'null') as said,
            case when d.key = 'value' then v.value
            when jsonb_typeof(v.detail -> d.key) = 'number' then (v.detail ->> d.key)::numeric end as number,
            (v.detail ->> 'reference_low')::numeric as low,
            (v.detail ->> 'reference_high')::numeric as high
    ) as x
    cross join lateral (select coalesce(x.own, x.said) as has) as y
    cross join lateral (
        select
            case d.how
                when 'words' then
                    case jsonb_typeof(y.has)
                        when 'array' then coalesce(
                            (select bool_or(a.one = any(d.words)) from jsonb_array_elements_text(y.has) as a (one)), false
                        )
                        when 'number' then trim_scale(x.number)::text = any(d.words)
                        else y.has #>> '{}' = any(d.words)
                    end
                when 'outside' then coalesce(x.number < x.low, false) or coalesce(x.number > x.high, false)
                when 'bounds' then
                    coalesce(x.number > d.above, d.above is null) and coalesce(x.number < d.below, d.below is null)
                    and coalesce(x.number >= d.at_least, d.at_least is null)
                    and coalesce(x.number <= d.at_most, d.at_most is null)
            end as is_so
    ) as i
    cross join lateral (
        select
            case
                when d.how = 'absent' then case when y.has is null then 2 else 0 end
                when d.how = 'outside' and x.low is null and x.high is null then m.missing
                when d.how = 'bounds' and d.unit is not null and v.unit is null then i.is_so::int
                when d.how = 'bounds' and d.unit <> v.unit then 0
                else 2 * i.is_so::int
            end as inner_how
    ) as w
    cross join lateral (
        select
            case
                when d.negated and d.how = 'absent' and y.has is null then m.missing
                when d.negated and y.has is null then case when v.is_unclear then 1 else 2 end
                when d.negated then 2 - w.inner_how
                when d.how <> 'absent' and y.has is null then m.missing
                else w.inner_how
            end as how
    ) as e
    where d.named_fact_id = n.named_fact_id
) as d on true
cross join lateral (
    select
        least(
            case when not n.has_codes or c.version_no is not null then 2 when a.version_no is null then m.missing else 0 end,
            case when n.statuses is null or v.status = any(n.statuses) then 2 when v.status is null then m.missing else 0 end,
            coalesce(d.how, 2)
        )::smallint as how
) as h
where h.how > 0;

analyze e_described;

-- `corrects`: an earlier version of this record, known on an earlier night, was that fact (19)
delete from e_described as d
using r_named_fact as n, e_version as v
where n.named_fact_id = d.named_fact_id and n.corrects_id is not null and v.version_no = d.version_no
    and not exists (
        select
        from e_version as o
        inner join e_described as w on w.version_no = o.version_no and w.named_fact_id = n.corrects_id
        where o.person_id = v.person_id and o.source = v.source and o.reference = v.reference
            and o.known_seq < v.known_seq and w.how = 2
    );

-- since when a record is what opens a case: on which night it was learned of
insert into e_version_hit (named_fact_id, person_id, source, reference, known_seq, known_at)
select d.named_fact_id, v.person_id, v.source, v.reference, v.known_seq, v.known_at
from e_described as d
inner join e_version as v on v.version_no = d.version_no
where d.how = 2 and not %(with_cases)s and d.named_fact_id in (select t.named_fact_id from r_trigger as t);
