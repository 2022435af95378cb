-- reads: operations.exception, operations.night, operations.reason, w_new_code, w_one_status, w_quiet,
--     w_shown
-- makes: w_noticed
-- changes: operations.exception
-- counts: exceptions_cleared, exceptions_opened

-- Everything that is silent or new, with its owner.
create temp table w_noticed on commit drop as
select
    case q.about_kind when 'workflow' then 'workflow_silent' else 'facts_silent' end as reason,
    q.about_kind,
    q.about_id,
    q.owner_team,
    jsonb_build_object(
        'last_day', q.last_day, 'silent_days', q.silent_days, 'longest_gap_days', q.longest_gap_days
    ) as detail,
    null::uuid as exception_id
from w_quiet as q
union all
select
    'one_status' as reason,
    'status' as about_kind,
    concat_ws('/', o.source, o.field) as about_id,
    o.owner_team,
    jsonb_build_object('source', o.source, 'feed', o.feed, 'field', o.field, 'rows', o.row_count) as detail,
    null::uuid as exception_id
from w_one_status as o
union all
select
    'new_code' as reason,
    'code' as about_kind,
    concat_ws('/', c.source, c.field) || ' ' || s.code as about_id,
    c.owner_team,
    jsonb_build_object('source', c.source, 'feed', c.feed, 'field', c.field, 'code', s.code) as detail,
    c.exception_id
from w_new_code as c
inner join w_shown as s on s.exception_id = c.exception_id
union all
select
    'new_code' as reason,
    'code' as about_kind,
    concat_ws('/', c.source, c.field) as about_id,
    min(c.owner_team) as owner_team,
    jsonb_build_object('source', c.source, 'feed', c.feed, 'field', c.field, 'codes', count(*)) as detail,
    null::uuid as exception_id
from w_new_code as c
where not c.is_open and c.together > %(many_codes)s
group by c.source, c.feed, c.field;

-- One exception per occurrence: the id includes the number of earlier ones.
update w_noticed as w
set exception_id = md5(concat_ws('|', 'exception', w.reason, w.about_id, (
    select count(*)
    from operations.exception as e
    where e.about_kind = w.about_kind and e.about_id = w.about_id and e.reason = w.reason
        and e.closed_seq is not null
)))::uuid
where w.exception_id is null;

-- count: exceptions_cleared
update operations.exception as e
set status = 'cleared',
    closed_seq = %(seq)s,
    resolution = case e.reason
        when 'workflow_silent' then 'it opens cases again, or is not active any more'
        when 'facts_silent' then 'such facts come again, or no feed is expected to bring them'
        when 'one_status' then 'a delivery is of two statuses again, or the feed is not expected any more'
        else 'the code has a meaning, or is not watched any more'
    end
where e.status = 'open' and e.reason = any(%(reasons)s)
    and not exists (select from w_noticed as w where w.exception_id = e.exception_id)
    -- only a named person ends an exception about very many new codes at once
    and not (e.reason = 'new_code' and e.detail ? 'codes');

-- What a named person resolved stays closed for a week, then reopens if nothing has changed.
-- count: exceptions_opened
insert into operations.exception (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
)
select
    w.exception_id, w.about_kind, w.about_id, w.reason, coalesce(w.owner_team, r.owner_team),
    %(seq)s, %(as_of)s,
    cases.day_end(%(business_date)s::date + r.due_days),
    w.detail
from w_noticed as w
inner join operations.reason as r on r.reason = w.reason
where not exists (
    select from operations.exception as e
    inner join operations.night as n on n.seq = e.closed_seq
    where e.about_kind = w.about_kind and e.about_id = w.about_id and e.reason = w.reason
        and e.status = 'resolved' and n.cut_off > %(as_of)s - %(rest)s
)
on conflict do nothing;
