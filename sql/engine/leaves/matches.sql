-- reads: e_anchor, e_asked, e_fact, e_hit, e_link, r_condition
-- makes: e_match
-- changes: e_pause

-- Which facts the leaves of a level mean: described so, in the window, linked; 2 yes, 1 it might be (14, 18). The
-- trigger's own record is none unless `same: record` says so (9); at the trigger's very time a record of its own kind
-- is after it only if its id is greater (10). Of its own workflow a case reads only those with an earlier trigger (29).
create temp table e_match on commit drop as
select a.case_no, a.condition_id, a.named_fact_id, h.fact_no, h.position, h.source, h.reference, w.how
from e_asked as a
inner join e_hit as h on h.named_fact_id = a.named_fact_id and h.person_id = a.person_id
cross join lateral (
    select coalesce(h.time_on::timestamp at time zone a.zone, h.time_at, '-infinity') as first_at
) as b
cross join lateral (
    select
        b.first_at,
        greatest(
            b.first_at,
            coalesce((h.until_on + 1)::timestamp at time zone a.zone - interval '1 microsecond', h.until_at, 'infinity')
        ) as last_at
) as t
left join lateral (
    select
        min(
            case
                when n.slot = 'record' then case when h.source || '|' || h.reference = any(n.keys) then 2 else 0 end
                when n.is_period and (n.first_at is null or not h.has_time) then a.takes_unclear::int
                when n.is_period then case when t.first_at <= n.last_at and n.first_at <= t.last_at then 2 else 0 end
                when n.keys is null or l.keys is null then a.takes_unclear::int
                when l.keys && n.keys then 2
                else 0
            end
        ) as how
    from e_anchor as n
    left join lateral (
        select array_agg(e.link_key) as keys
        from e_link as e
        where e.fact_no = h.fact_no and e.slot = n.slot
    ) as l on not n.is_period and n.slot <> 'record'
    where a.has_same and n.case_no = a.case_no and n.owner_id = a.condition_id
) as s on true
cross join lateral (
    select
        least(
            h.how,
            coalesce(s.how, 2),
            case
                when not h.has_time then case when a.first_at = '-infinity' and a.last_at = 'infinity' then 2 else 1 end
                when t.first_at <= a.last_at and a.first_at <= t.last_at then 2
                else 0
            end
        )::smallint as how
) as w
where w.how > 0
    and (a.has_record or not coalesce((h.source, h.reference) = (a.own_source, a.own_reference), false))
    and not coalesce(
        a.own_kind = h.kind and (h.source, h.reference) <> (a.own_source, a.own_reference) and h.has_time
        and (t.first_at, t.last_at) = (a.trigger_first, a.trigger_last)
        and (
            (a.starts_at_trigger and (h.source, h.reference) < (a.own_source, a.own_reference))
            or (a.ends_at_trigger and (h.source, h.reference) > (a.own_source, a.own_reference))
        ),
        false
    )
    and (
        h.kind <> 'case'
        or exists (
            select
            from e_fact as f
            where f.fact_no = h.fact_no
                and (
                    f.detail ->> 'workflow' <> a.workflow
                    or ((f.detail ->> 'trigger_first')::timestamptz, f.detail ->> 'trigger_key')
                    < (a.trigger_first, a.trigger_key)
                )
        )
    );

create index on e_match (case_no, condition_id);

analyze e_match;

-- a clock asks for everything during which it pauses, not for the first alone
insert into e_pause (case_no, condition_id, named_fact_id, fact_no)
select m.case_no, m.condition_id, m.named_fact_id, m.fact_no
from e_match as m
inner join r_condition as k on k.condition_id = m.condition_id and k.decides = 'pauses'
where m.how = 2;
