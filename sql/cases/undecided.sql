-- reads: evidence.row_set_aside, operations.decision, operations.feed, operations.reason, w_set_aside,
--     w_unmapped, w_unreached
-- makes: w_undecided
-- changes: operations.exception
-- counts: undecided_cleared, undecided_opened

-- The exceptions that follow from what is not known: one for each delivery of which rows were set aside, for each code
-- that nobody has mapped (or field of which very many are not), and for each search that did not reach everybody.
create temp table w_undecided on commit drop as
select
    'rows_set_aside' as reason,
    w.exception_id,
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source,
    b.feed,
    w.due_at,
    jsonb_build_object(
        -- of the file: a delivery that is not complete is about the day before
        'source', b.source, 'feed', b.feed, 'business_date', b.file_on, 'cases', w.cases,
        'rows', b.rows_waiting, 'reasons', b.reasons
    ) || case when b.sums is null then '{}'::jsonb else jsonb_build_object('sums', b.sums) end as detail
from w_set_aside as w
inner join (
    select
        x.batch_id,
        x.source,
        x.feed,
        x.file_on,
        count(distinct concat(x.file_id, '#', x.row_no)) as rows_waiting,
        jsonb_agg(distinct x.reason) as reasons,
        jsonb_path_query_array(
            jsonb_agg(distinct jsonb_build_array(x.stated_amount, x.explained_amount))
            filter (where x.stated_amount is not null or x.explained_amount is not null),
            '$[0 to 4]'
        ) as sums
    from evidence.row_set_aside as x
    where x.closed_seq is null
    group by x.batch_id, x.source, x.feed, x.file_on
) as b on w.exception_id = md5(concat_ws('|', 'exception', 'rows_set_aside', 'batch', b.batch_id))::uuid
union all
select
    'code_not_mapped',
    w.exception_id,
    case when w.is_folded then 'field' else 'code' end,
    concat_ws('/', w.source, w.field) || case when w.is_folded then '' else ' ' || w.code end,
    w.source,
    w.feed,
    w.due_at,
    jsonb_build_object(
        'source', w.source, 'feed', w.feed, 'field', w.field, 'code', w.code, 'records', w.records, 'cases', w.cases
    ) || case when w.is_folded then jsonb_build_object('codes', w.codes) else '{}'::jsonb end
    || case when w.openings > 0 then jsonb_build_object('openings', w.openings) else '{}'::jsonb end
from w_unmapped as w
union all
select
    'persons_not_reached',
    w.exception_id,
    'search',
    concat_ws('/', w.source, w.feed),
    w.source,
    w.feed,
    w.due_at,
    jsonb_build_object('source', w.source, 'feed', w.feed, 'persons', w.persons, 'cases', w.cases)
from w_unreached as w;

-- First undo what an earlier run of this night did.
update operations.exception
set status = 'open', closed_seq = null, resolution = null
where reason in ('rows_set_aside', 'code_not_mapped', 'persons_not_reached') and closed_seq = %(seq)s
    and status = 'cleared';

delete from operations.exception as e
where e.reason in ('rows_set_aside', 'code_not_mapped', 'persons_not_reached') and e.opened_seq = %(seq)s
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    );

-- count: undecided_cleared
update operations.exception as e
set status = 'cleared',
    closed_seq = %(seq)s,
    resolution = case
        when e.reason = 'rows_set_aside' then coalesce(
            (
                select concat('replaced by the delivery of ', max(x.replaced_on))
                from evidence.row_set_aside as x
                where x.batch_id::text = e.about_id and x.closed_seq = %(seq)s and x.replaced_on is not null
                having count(*) > 0
            ),
            'every row is decided or corrected'
        )
        when e.reason = 'persons_not_reached' then 'a later search has reached them'
        when exists (
            select from w_unmapped as w
            where w.source = e.detail ->> 'source' and w.field = e.detail ->> 'field'
                and w.is_folded is distinct from (e.about_kind = 'field')
        ) then 'told with the other codes of its field, or code by code'
        else 'the code is mapped, or no record has it any more'
    end
where e.reason in ('rows_set_aside', 'code_not_mapped', 'persons_not_reached') and e.status = 'open'
    and not exists (
        select from w_undecided as w
        where w.reason = e.reason and w.exception_id = e.exception_id
    );

-- It is due at the earliest deadline among the stages that rest on it, but never before the next day has ended.
-- count: undecided_opened
insert into operations.exception as e (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
)
select
    w.exception_id,
    w.about_kind,
    w.about_id,
    r.reason,
    coalesce(f.owner_team, r.owner_team),
    %(seq)s,
    %(as_of)s,
    greatest(
        coalesce(w.due_at, cases.day_end(%(business_date)s::date + r.due_days)),
        cases.day_end(%(business_date)s::date + 1)
    ),
    w.detail
from w_undecided as w
inner join operations.reason as r on r.reason = w.reason
left join operations.feed as f on f.source = w.source and f.feed = w.feed
on conflict (exception_id) do update
set status = 'open', closed_seq = null, resolution = null, detail = excluded.detail
where e.status <> 'open' or e.detail <> excluded.detail;
