-- reads: cases.case_record, cases.stage, cases.stage_feed, evidence.delivery_not_known, evidence.fact,
--     evidence.row_set_aside, operations.decision, operations.feed, operations.reason
-- makes: w_set_aside
-- changes: operations.exception
-- counts: set_aside_cleared, set_aside_opened

-- One exception for each delivery of which rows were set aside. First undo what an earlier run of this night did.
update operations.exception
set status = 'open', closed_seq = null, resolution = null
where reason = 'rows_set_aside' and closed_seq = %(seq)s and status = 'cleared';

delete from operations.exception as e
where e.reason = 'rows_set_aside' and e.opened_seq = %(seq)s
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    );

-- It is due at the earliest deadline among the stages that rest on it, but never before the next day has ended.
create temp table w_set_aside on commit drop as
with waiting as (
    select distinct n.exception_id, n.source, n.feed, n.person_id, n.payer_id, n.from_on, n.until_on
    from evidence.delivery_not_known as n
),

-- named persons are looked up one by one; for the others, all open stages that rest on the feed
reached as (
    select w.*, c.case_id
    from waiting as w
    inner join cases.case_record as c on c.person_id = w.person_id and c.status = 'open'
    union all
    select w.*, c.case_id
    from waiting as w
    inner join cases.case_record as c on c.status = 'open'
    where w.person_id is null
),

touched as (
    select w.exception_id, s.case_id, s.due_at
    from reached as w
    inner join cases.case_record as c on c.case_id = w.case_id
    inner join cases.stage_feed as f
        on f.source = w.source and f.feed = w.feed
        and f.workflow = c.workflow and f.version = c.version and f.stage = c.stage
    inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
    where c.trigger_on <= w.until_on
        and (
            w.person_id is not null
            or cases.local_day(s.due_at - interval '1 second') >= coalesce(w.from_on, '-infinity')
        )
        and (w.payer_id is null or exists (
            select from evidence.fact as k
            where k.identifiers ->> 'patient_control_number' = c.patient_control_number
                and k.kind = 'claim' and k.detail ->> 'payer_id' = w.payer_id
        ))
)

select w.exception_id, min(t.due_at) as due_at, count(distinct t.case_id) as cases
from waiting as w
left join touched as t on t.exception_id = w.exception_id
group by w.exception_id;

-- The exception about a file that could not be read is opened where the file is received; its date follows from what
-- rests on it.
update operations.exception as e
set due_at = greatest(coalesce(w.due_at, e.due_at), cases.day_end(%(business_date)s::date + 1)),
    detail = e.detail || jsonb_build_object('cases', w.cases)
from w_set_aside as w
where e.exception_id = w.exception_id and e.reason = 'file_refused' and e.opened_seq = %(seq)s;

-- count: set_aside_cleared
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'every row is decided or corrected'
where e.reason = 'rows_set_aside' and e.status = 'open'
    and not exists (select from w_set_aside as w where w.exception_id = e.exception_id);

-- count: set_aside_opened
insert into operations.exception as e (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, detail
)
select
    w.exception_id,
    'batch',
    b.batch_id::text,
    r.reason,
    coalesce(f.owner_team, r.owner_team),
    %(seq)s,
    %(as_of)s,
    greatest(
        coalesce(w.due_at, cases.day_end(%(business_date)s::date + r.due_days)),
        cases.day_end(%(business_date)s::date + 1)
    ),
    jsonb_build_object(
        'source', b.source, 'feed', b.feed, 'business_date', b.business_date, 'cases', w.cases,
        'rows', b.rows_waiting, 'reasons', b.reasons
    ) || case when b.sums is null then '{}'::jsonb else jsonb_build_object('sums', b.sums) end
from w_set_aside as w
inner join (
    select
        x.batch_id,
        x.source,
        x.feed,
        x.business_date,
        count(distinct concat(x.file_id, '#', x.row_no)) as rows_waiting,
        jsonb_agg(distinct x.reason) as reasons,
        jsonb_path_query_array(
            jsonb_agg(distinct jsonb_build_array(x.stated_amount, x.explained_amount))
            filter (where x.stated_amount is not null or x.explained_amount is not null),
            '$[0 to 4]'
        ) as sums
    from evidence.row_set_aside as x
    where x.closed_seq is null
    group by x.batch_id, x.source, x.feed, x.business_date
) as b on w.exception_id = md5(concat_ws('|', 'exception', 'rows_set_aside', 'batch', b.batch_id))::uuid
cross join operations.reason as r
left join operations.feed as f on f.source = b.source and f.feed = b.feed
where r.reason = 'rows_set_aside'
on conflict (exception_id) do update
set status = 'open', closed_seq = null, resolution = null, detail = excluded.detail
where e.status <> 'open' or e.detail <> excluded.detail;
