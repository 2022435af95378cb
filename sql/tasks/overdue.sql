-- reads: operations.reason, tasks.task, tasks.transmission
-- changes: operations.exception

-- A transmission that is still uncertain after its deadline becomes an exception and is never sent again.
-- The exception ends if the outcome becomes certain after all.
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'the outcome is certain'
from tasks.transmission as x
where e.about_kind = 'transmission' and e.about_id = x.transmission_id::text and e.status = 'open'
    and e.reason = 'uncertain_transmission' and x.outcome in ('accepted', 'rejected', 'withheld');

-- An exception about a task ends with the task.
update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'the task ended'
from tasks.task as t
where e.about_kind = 'task' and e.about_id = t.task_id::text and e.status = 'open'
    and t.closed_seq is not null;

insert into operations.exception (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, person_id, detail
)
select
    md5(concat_ws('|', 'exception', w.reason, 'transmission', x.transmission_id))::uuid,
    'transmission', x.transmission_id::text, w.reason, r.owner_team, %(seq)s, %(as_of)s,
    cases.day_end(%(business_date)s::date + r.due_days), x.person_id,
    jsonb_strip_nulls(jsonb_build_object(
        'kind', x.kind, 'target', x.target, 'attempt', x.attempt, 'why', x.outcome_reason
    ))
from tasks.transmission as x
cross join lateral (
    select case x.outcome when 'rejected' then 'transmission_rejected' else 'uncertain_transmission' end
    as reason
) as w
inner join operations.reason as r on r.reason = w.reason
where (
        x.outcome in ('uncertain', 'intended') and x.lookup_deadline < %(as_of)s
        -- what waits because sending is paused is certainly not sent
        and not (%(is_paused)s and x.outcome = 'intended' and x.sent_at is null)
        -- for the rows of a list speaks the list
        and not x.in_list
    )
    or (
        x.outcome = 'rejected' and x.outcome_seq = %(seq)s
        and (x.outcome_reason like 'http_%%' or x.outcome_reason = 'another file of this name is there')
    )
on conflict do nothing;
