-- reads: carries_nothing, file_owner, landing.batch, landing.batch_file, landing.file, operations.decision,
--     operations.reason
-- makes: w_refused, w_settled
-- changes: landing.file, operations.exception
-- counts: files_settled, exceptions_cleared, exceptions_opened

-- Refused files: one exception for each, until a named person, the definition of its source or the source itself says
-- what was in it. First undo what an earlier run of this night did.
update landing.file as f
set closed_seq = null, closed_by = null, decision_id = null
where f.status = 'refused' and f.closed_seq = %(seq)s;

delete from operations.exception as e
where e.opened_seq = %(seq)s and e.reason = 'file_refused'
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    );

update operations.exception as e
set status = 'open', closed_seq = null, resolution = null
where e.closed_seq = %(seq)s and e.status = 'cleared' and e.reason = 'file_refused';

create temp table w_refused on commit drop as
select
    f.file_id,
    f.source,
    f.original_name,
    f.refused_reason,
    f.bytes,
    f.modified_at,
    f.known_seq,
    md5(concat_ws('|', 'exception', 'file_refused', 'file', f.file_id))::uuid as exception_id
from landing.file as f
where f.status = 'refused' and f.closed_seq is null and f.known_seq <= %(seq)s
    -- what these say is taken into account where they are read: their feeds are late
    and f.refused_reason not in ('export_error_report', 'deletions_of_no_feed_tonight');

create temp table w_settled on commit drop as
select distinct on (s.file_id)
    s.file_id,
    s.closed_by,
    s.decision_id
from (
    select
        r.file_id,
        1 as rank,
        'decision' as closed_by,
        d.decision_id
    from w_refused as r
    inner join operations.decision as d
        on d.about_kind = 'exception' and d.about_id = r.exception_id::text
            and d.kind = 'carries_nothing' and d.known_seq <= %(seq)s
    union all
    select
        r.file_id,
        2 as rank,
        'definition' as closed_by,
        null::uuid as decision_id
    from w_refused as r
    inner join carries_nothing as c on c.source = r.source and r.original_name ilike c.pattern
    union all
    -- Where a source writes over one name every day, the next file of that name is another delivery.
    select
        r.file_id,
        3 as rank,
        'readable' as closed_by,
        null::uuid as decision_id
    from w_refused as r
    inner join landing.file as g
        on g.source = r.source and md5(g.original_name) = md5(r.original_name)
            and g.original_name = r.original_name and g.refused_reason is null
            and g.known_seq > r.known_seq and g.known_seq <= %(seq)s
    where r.refused_reason = 'still_being_written'
        or (g.bytes = r.bytes and g.modified_at = r.modified_at)
        or not exists (
            select from landing.file as h
            where h.source = r.source and md5(h.original_name) = md5(r.original_name)
                and h.original_name = r.original_name and h.refused_reason is null
                and h.known_seq < r.known_seq
        )
    union all
    select
        r.file_id,
        4 as rank,
        case when bool_or(b.status = 'rejected') then 'rejected' else 'replaced' end as closed_by,
        null::uuid as decision_id
    from w_refused as r
    inner join landing.batch_file as x on x.file_id = r.file_id
    inner join landing.batch as b on b.batch_id = x.batch_id
    group by r.file_id
    having bool_and(b.status in ('rejected', 'replaced'))
) as s
order by s.file_id, s.rank, s.decision_id;

-- count: files_settled
update landing.file as f
set closed_seq = %(seq)s, closed_by = s.closed_by, decision_id = s.decision_id
from w_settled as s
where f.file_id = s.file_id;

-- The exception that a person decided about is resolved with the other decisions of the night.
-- count: exceptions_cleared
update operations.exception as e
set status = 'cleared',
    closed_seq = %(seq)s,
    resolution = case s.closed_by
        when 'definition' then 'the definition of its source says that such files carry nothing'
        when 'readable' then 'it was read again, and can be read now'
        when 'replaced' then 'a later whole delivery of its feeds replaced it'
        else 'its delivery was rejected'
    end
from w_settled as s
inner join w_refused as r on r.file_id = s.file_id
where e.exception_id = r.exception_id and e.status = 'open' and s.closed_by <> 'decision';

-- count: exceptions_opened
insert into operations.exception (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
)
select
    r.exception_id, 'file', r.file_id::text, n.reason, coalesce(o.owner_team, n.owner_team),
    %(seq)s, %(as_of)s,
    cases.day_end(%(business_date)s::date + n.due_days),
    jsonb_build_object('source', r.source, 'name', r.original_name, 'why', r.refused_reason, 'bytes', r.bytes)
from w_refused as r
inner join operations.reason as n on n.reason = 'file_refused'
left join file_owner as o on o.source = r.source
where not exists (select from w_settled as s where s.file_id = r.file_id)
on conflict do nothing;
