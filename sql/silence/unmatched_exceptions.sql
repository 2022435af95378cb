-- reads: operations.decision, operations.exception, operations.night, operations.reason, w_unmatched
-- changes: operations.exception
-- counts: exceptions_cleared, exceptions_opened

-- The missing piece came, or what lacked it was taken back. An exception about very many at once is ended by a person.
-- count: exceptions_cleared
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'the missing piece came'
where e.status = 'open' and e.reason = any(%(reasons)s) and e.about_kind <> 'feed'
    and not exists (
        select from w_unmatched as w
        where w.reason = e.reason and w.about_kind = e.about_kind and w.about_id = e.about_id
    );

update operations.exception as e
set amount = w.amount, detail = w.detail
from w_unmatched as w
where e.status = 'open' and e.reason = w.reason and e.about_kind = w.about_kind and e.about_id = w.about_id
    and (e.amount, e.detail) is distinct from (w.amount, w.detail);

-- What a named person resolved stays closed for a week, then reopens if nothing has changed; money that was posted stays
-- closed. What was answered, and the answer taken back, is asked at once. Very many of one source on one night become one exception.
-- count: exceptions_opened
with fresh as (
    select w.*, count(*) over (partition by w.reason, w.source) as together
    from w_unmatched as w
    where coalesce(w.happened_on > %(business_date)s::date - %(history_days)s, true) and not exists (
        select from operations.exception as e
        left join operations.night as n on n.seq = e.closed_seq
        where e.reason = w.reason and e.about_kind = w.about_kind and e.about_id = w.about_id
            and (
                e.status = 'open'
                or (e.status = 'resolved' and (
                    w.reason = 'provider_adjustment' or n.cut_off > %(as_of)s - %(rest)s
                ) and not exists (
                    select from operations.decision as b
                    where b.kind = 'take_back_disposition' and b.about_kind = 'stated'
                        and b.about_id = e.decision_id::text and b.known_seq <= %(seq)s
                ))
            )
    )
),

listed as (
    select f.reason, f.about_kind, f.about_id, f.amount, f.detail, f.person_id, f.due_at
    from fresh as f
    where f.together <= %(many)s
    union all
    select
        f.reason, 'feed', concat_ws(' ', f.source, %(seq)s), sum(f.amount),
        jsonb_build_object('source', f.source, 'count', count(*)), null, min(f.due_at)
    from fresh as f
    where f.together > %(many)s
    group by f.reason, f.source
)

insert into operations.exception (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, amount, detail, person_id
)
select
    md5(concat_ws('|', 'exception', w.reason, w.about_kind, w.about_id, (
        select count(*) from operations.exception as e
        where e.about_kind = w.about_kind and e.about_id = w.about_id and e.reason = w.reason
            and e.closed_seq is not null
    )))::uuid,
    w.about_kind, w.about_id, w.reason, r.owner_team, %(seq)s, %(as_of)s,
    -- within the clock that waits for it, but never before the next day has ended
    greatest(
        least(cases.day_end(%(business_date)s::date + r.due_days), w.due_at), cases.day_end(%(business_date)s::date + 1)
    ),
    w.amount, w.detail, w.person_id
from listed as w
inner join operations.reason as r on r.reason = w.reason
on conflict do nothing;
