-- reads: operations.decision, operations.exception, quality.quarantine

-- A digest of what an exception is and of what was decided about it: another one means that it changed since it was
-- shown. `rows` is the delivery whose rows it is about, `claims` the batch of claims.
select
    md5(concat_ws(
        '|', e.status, e.reason, e.owner_team, e.owner, e.opened_seq, e.due_at, e.amount, e.detail,
        (
            select string_agg(d.decision_id::text, ',' order by d.decision_id)
            from operations.decision as d
            where (d.about_kind = 'exception' and d.about_id = e.exception_id::text)
                or (%(rows)s::text is not null and d.about_kind = 'set_aside' and d.about_id = %(rows)s)
                or (%(claims)s::text is not null and d.about_kind = 'claim_batch' and d.about_id = %(claims)s)
        ),
        (
            select count(*)
            from quality.quarantine as q
            where %(rows)s::text is not null and q.batch_id = %(rows)s::uuid and q.status = 'open'
        )
    )) as state
from operations.exception as e
where e.exception_id = %(exception_id)s::uuid;
