-- reads: cases.case_record, cases.stage, cases.stage_feed, evidence.person_searched,
--     evidence.search_not_known, operations.decision, operations.feed, operations.reason
-- makes: w_unreached
-- changes: operations.exception
-- counts: unreached_cleared, unreached_opened

-- One exception for each search that did not reach everybody: it closes when a later one has reached them. First undo
-- what an earlier run of this night did.
update operations.exception
set status = 'open', closed_seq = null, resolution = null
where reason = 'persons_not_reached' and closed_seq = %(seq)s and status = 'cleared';

delete from operations.exception as e
where e.reason = 'persons_not_reached' and e.opened_seq = %(seq)s
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    );

-- Who had no open case when the search asked is reached by the next one: nobody is told, unless a deadline has passed
-- meanwhile. It is due at the earliest deadline among the stages that rest on it, but never before the next day has
-- ended.
create temp table w_unreached on commit drop as
with touched as (
    select n.exception_id, n.source, n.feed, n.known_seq, n.person_id, c.case_id, f.stage is not null as rests, s.due_at
    from evidence.search_not_known as n
    inner join cases.case_record as c on c.person_id = n.person_id and c.status = 'open'
    left join cases.stage_feed as f
        on f.source = n.source and f.feed = n.feed
        and f.workflow = c.workflow and f.version = c.version and f.stage = c.stage
    left join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
)

select
    t.exception_id,
    t.source,
    t.feed,
    t.known_seq,
    count(distinct t.person_id) as persons,
    count(distinct t.case_id) filter (where t.rests) as cases,
    min(t.due_at) filter (where t.rests) as due_at
from touched as t
group by t.exception_id, t.source, t.feed, t.known_seq
having
    bool_or(t.rests and t.due_at <= %(as_of)s)
    or exists (
        select from evidence.person_searched as p
        where p.source = t.source and p.feed = t.feed and not p.is_reached and p.known_seq = t.known_seq
            and p.closed_seq is null
    );

-- count: unreached_cleared
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'a later search has reached them'
where e.reason = 'persons_not_reached' and e.status = 'open'
    and not exists (select from w_unreached as w where w.exception_id = e.exception_id);

-- count: unreached_opened
insert into operations.exception as e (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
)
select
    w.exception_id,
    'search',
    concat_ws('/', w.source, w.feed),
    r.reason,
    coalesce(f.owner_team, r.owner_team),
    %(seq)s,
    %(as_of)s,
    greatest(
        coalesce(w.due_at, cases.day_end(%(business_date)s::date + r.due_days)),
        cases.day_end(%(business_date)s::date + 1)
    ),
    jsonb_build_object('source', w.source, 'feed', w.feed, 'persons', w.persons, 'cases', w.cases)
from w_unreached as w
cross join operations.reason as r
left join operations.feed as f on f.source = w.source and f.feed = w.feed
where r.reason = 'persons_not_reached'
on conflict (exception_id) do update
set status = 'open', closed_seq = null, resolution = null, detail = excluded.detail
where e.status <> 'open' or e.detail <> excluded.detail;
