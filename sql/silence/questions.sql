-- reads: landing.batch, lead_wait, operations.escalation, operations.exception, operations.night,
--     operations.question, operations.reason
-- makes: w_question
-- changes: operations.escalation, operations.exception
-- counts: leads_told, exceptions_cleared, exceptions_opened

-- Questions that nobody answers. After its team's wait the lead is told; in time it becomes an exception, and it goes on
-- waiting: silence is no answer. A rerun of the night writes the same again.
delete from operations.escalation as e
where e.told_seq = %(seq)s;

create temp table w_question on commit drop as
select
    q.*,
    least(
        cases.add_business_days(q.asked_on, coalesce(t.lead_after_days, 2)), q.exception_from
    ) as lead_from,
    md5(concat_ws('|', 'exception', q.reason, q.about_kind, q.about_id))::uuid as exception_id
from operations.question as q
left join lead_wait as t on t.team = q.owner_team
where q.asked_seq < %(seq)s and q.asked_on <= %(business_date)s;

-- count: leads_told
insert into operations.escalation (about_kind, about_id, owner_team, told_seq, told_on)
select q.about_kind, q.about_id, q.owner_team, %(seq)s, %(business_date)s::date + 1
from w_question as q
where q.lead_from <= %(business_date)s::date + 1 and q.owner_team is not null
on conflict do nothing;

-- count: exceptions_cleared
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = coalesce(
        (
            select concat('replaced by the delivery of ', coalesce(n.file_on, n.business_date))
            from landing.batch as b
            inner join landing.batch as n on n.batch_id = b.replaced_by
            where e.about_kind = 'batch' and b.batch_id::text = e.about_id and b.status = 'replaced'
        ),
        'it was decided, or does not wait any more'
    )
where e.status = 'open' and e.reason = any(%(reasons)s)
    and not exists (
        select from w_question as q
        where q.exception_id = e.exception_id and q.exception_from <= %(business_date)s::date + 1
    );

-- What a named person resolved stays closed for a week, then reopens if nobody has answered.
-- count: exceptions_opened
insert into operations.exception as e (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, amount, detail
)
select
    q.exception_id, q.about_kind, q.about_id, q.reason, q.owner_team, %(seq)s, %(as_of)s,
    cases.day_end(%(business_date)s::date + w.due_days), q.amount,
    jsonb_strip_nulls(jsonb_build_object(
        'about', q.about, 'things', q.things, 'asked_on', q.asked_on, 'file_by', q.file_by
    ))
from w_question as q
inner join operations.reason as w on w.reason = q.reason
where q.exception_from <= %(business_date)s::date + 1
    and not exists (
        select from operations.exception as r
        inner join operations.night as n on n.seq = r.closed_seq
        where r.exception_id = q.exception_id and r.status = 'resolved' and n.cut_off > %(as_of)s - %(rest)s
    )
on conflict (exception_id) do update
set status = 'open', opened_seq = excluded.opened_seq, opened_at = excluded.opened_at, due_at = excluded.due_at,
    amount = excluded.amount, detail = excluded.detail, closed_seq = null, resolution = null, decision_id = null
where e.status <> 'open';

select
    q.about_kind,
    q.about_id,
    q.about,
    q.owner_team,
    q.asked_on,
    q.exception_from
from w_question as q
inner join operations.escalation as e on e.about_kind = q.about_kind and e.about_id = q.about_id
where e.told_seq = %(seq)s
order by q.about_kind, q.about, q.about_id;
