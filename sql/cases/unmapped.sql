-- reads: cases.case_record, cases.stage, cases.stage_feed, evidence.code_not_known, evidence.personal_code,
--     evidence.unmapped, operations.decision, operations.feed, operations.reason
-- makes: w_unmapped
-- changes: operations.exception
-- counts: unmapped_cleared, unmapped_opened

-- One exception for each code of a source that nobody has mapped. First undo what an earlier run of this night did.
update operations.exception
set status = 'open', closed_seq = null, resolution = null
where reason = 'code_not_mapped' and closed_seq = %(seq)s and status = 'cleared';

delete from operations.exception as e
where e.reason = 'code_not_mapped' and e.opened_seq = %(seq)s
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    );

-- It is due at the earliest deadline among the stages that rest on it, but never before the next day has ended.
create temp table w_unmapped on commit drop as
with standing as (
    select
        u.source,
        u.feed,
        u.field,
        u.code,
        md5(concat_ws('|', 'exception', 'code_not_mapped', 'code', u.source, u.field, u.code))::uuid as exception_id,
        count(*) as records
    from evidence.unmapped as u
    where u.known_seq <= %(seq)s and (u.retracted_seq is null or u.retracted_seq > %(seq)s)
    group by u.source, u.feed, u.field, u.code
),

touched as (
    select n.exception_id, min(s.due_at) as due_at, count(distinct c.case_id) as cases
    from evidence.code_not_known as n
    inner join cases.case_record as c on c.person_id = n.person_id and c.status = 'open'
    inner join cases.stage_feed as f
        on f.source = n.source and f.feed = n.feed
        and f.workflow = c.workflow and f.version = c.version and f.stage = c.stage
    inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
    where c.trigger_on <= coalesce(n.until_on, 'infinity')
    group by n.exception_id
)

select
    w.source,
    w.feed,
    w.field,
    w.exception_id,
    w.records,
    coalesce(t.cases, 0) as cases,
    t.due_at,
    -- A column of a damaged record may hold a person's name or number: a value is shown only if it looks like a code and
    -- is not a patient's name or number.
    case
        when w.code ~ '^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,39}$' and not exists (
            select from evidence.personal_code as p where p.code = w.code
        ) then w.code
        else 'not shown, ' || left(md5(w.code), 8)
    end as code
from standing as w
left join touched as t on t.exception_id = w.exception_id;

-- count: unmapped_cleared
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'the code is mapped, or nothing rests on it any more'
where e.reason = 'code_not_mapped' and e.status = 'open'
    and not exists (select from w_unmapped as w where w.exception_id = e.exception_id);

-- count: unmapped_opened
insert into operations.exception as e (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
)
select
    w.exception_id,
    'code',
    concat_ws('/', w.source, w.field) || ' ' || w.code,
    r.reason,
    coalesce(f.owner_team, r.owner_team),
    %(seq)s,
    %(as_of)s,
    greatest(
        coalesce(w.due_at, cases.day_end(%(business_date)s::date + r.due_days)),
        cases.day_end(%(business_date)s::date + 1)
    ),
    jsonb_build_object(
        'source', w.source, 'feed', w.feed, 'field', w.field, 'code', w.code, 'records', w.records, 'cases', w.cases
    )
from w_unmapped as w
cross join operations.reason as r
left join operations.feed as f on f.source = w.source and f.feed = w.feed
where r.reason = 'code_not_mapped'
on conflict (exception_id) do update
set status = 'open', closed_seq = null, resolution = null, detail = excluded.detail
where e.status <> 'open' or e.detail <> excluded.detail;
