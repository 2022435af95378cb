-- reads: cases.case_record, cases.stage, cases.stage_rests, evidence.person_searched,
--     evidence.search_not_known
-- makes: w_unreached

-- The searches that did not reach everybody, and the earliest deadline among the stages that rest on each.
--
-- Who had no open case when the search asked is reached by the next one: nobody is told, unless a deadline has passed
-- meanwhile.
create temp table w_unreached on commit drop as
with touched as (
    select n.exception_id, n.source, n.feed, n.known_seq, n.person_id, c.case_id, f.stage is not null as rests, s.due_at
    from evidence.search_not_known as n
    inner join cases.case_record as c on c.person_id = n.person_id and c.status = 'open'
    left join cases.stage_rests as f
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
