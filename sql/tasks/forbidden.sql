-- reads: cases.case_record, evidence.code_not_known, evidence.fact, evidence.possible_stay, identity.link,
--     operations.decision, operations.exception, operations.role, tasks.task, tasks.transmission,
--     tasks.transmission_task
-- makes: w_forbidden
-- changes: operations.prevented

-- The last check before sending: persons about whom nothing may be sent now. It includes transmissions that a
-- process marked before it died and that the receiver turned out not to have (never_sent). Doubt about identity
-- blocks everything; death, opt-out, hospice, admission and leaving block outreach, but services already
-- rendered stay billable.
create temp table w_forbidden on commit drop as
with wanted as (
    select distinct
        x.person_id,
        x.kind in ('outreach', 'booking') as reaches_out
    from tasks.transmission as x
    where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[])) and x.person_id is not null
)

select distinct on (w.person_id, w.reaches_out) w.person_id, w.reaches_out, r.reason
from wanted as w
inner join identity.link as l
    on l.person_id = w.person_id and l.status = 'active' and l.retired_seq is null
inner join evidence.fact as f
    on f.subject_source = l.source and f.subject_id = l.source_id and f.retracted_seq is null
    and f.kind in ('death', 'opt_out', 'hospice', 'left_practice', 'admission')
cross join lateral (
    select case
        when f.occurred_at > %(as_of)s or f.ends_at <= %(as_of)s then null
        when f.kind = 'death' then 'died'
        when f.kind = 'admission' and f.detail ->> 'status' = 'finished' then null
        when f.kind = 'admission' then 'admitted'
        else f.kind
    end as reason
) as r
where w.reaches_out and r.reason is not null
order by w.person_id, w.reaches_out, r.reason;

insert into w_forbidden (person_id, reaches_out, reason)
select distinct x.person_id, x.kind in ('outreach', 'booking'), 'identity_doubt'
from tasks.transmission as x
inner join identity.link as own
    on own.person_id = x.person_id and own.retired_seq is null and own.status in ('active', 'doubt')
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[]))
    and exists (
        select from identity.link as d
        where d.source = own.source and d.source_id = own.source_id and d.status = 'doubt'
            and d.retired_seq is null
    );

-- A refusal with a code that nobody has mapped may be one of contact.
insert into w_forbidden (person_id, reaches_out, reason)
select distinct x.person_id, true, 'opt_out'
from tasks.transmission as x
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[]))
    and x.kind in ('outreach', 'booking')
    and x.person_id in (select n.person_id from evidence.code_not_known as n where n.feed = 'consent')
    and not exists (select from w_forbidden as f where f.person_id = x.person_id and f.reaches_out);

-- An encounter that goes on, of which nobody has mapped what it is, may be a stay; a named person may have said that it is
-- none.
insert into w_forbidden (person_id, reaches_out, reason)
select distinct x.person_id, true, 'admitted'
from tasks.transmission as x
inner join evidence.possible_stay as n on n.person_id = x.person_id and coalesce(n.from_on <= %(business_date)s::date, true)
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[]))
    and x.kind in ('outreach', 'booking')
    and not exists (
        select from operations.decision as d
        left join operations.exception as e on d.about_kind = 'exception' and e.exception_id::text = d.about_id
        inner join cases.case_record as c
            on c.case_id = e.case_id or (d.about_kind = 'case' and c.case_id::text = d.about_id)
        where c.person_id = x.person_id and d.known_seq > n.known_seq
            and coalesce(d.detail ->> 'action', d.kind) in ('retry', 'continue')
    )
    and not exists (select from w_forbidden as f where f.person_id = x.person_id and f.reaches_out);

insert into operations.prevented (seq, effect_key, kind, reason, person_id, at)
select %(seq)s, x.effect_key, case when x.kind = 'work_item' then 'claim' else 'contact' end, f.reason,
    x.person_id, %(as_of)s
from w_forbidden as f
inner join tasks.transmission as x
    on x.person_id = f.person_id and f.reaches_out = (x.kind in ('outreach', 'booking'))
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[]))
on conflict do nothing;

select tasks.set_outcome(x.transmission_id, 'withheld', %(seq)s, f.reason)
from w_forbidden as f
inner join tasks.transmission as x
    on x.person_id = f.person_id and f.reaches_out = (x.kind in ('outreach', 'booking'))
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[]));

-- Do not send what no case needs.
select tasks.set_outcome(x.transmission_id, 'withheld', %(seq)s, 'no longer needed')
from tasks.transmission as x
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[])) and x.kind <> 'claim_batch'
    and not exists (
        select from tasks.transmission_task as l
        inner join tasks.task as t on t.task_id = l.task_id
        where l.transmission_id = x.transmission_id and t.closed_seq is null
    );

-- Nothing goes out of what is only observed since it was planned. The task ends, and its case asks anew.
select tasks.set_outcome(x.transmission_id, 'withheld', %(seq)s, 'observed')
from tasks.transmission as x
left join operations.role as r
    on r.connection = x.target
    and r.role = case x.kind
        when 'booking' then 'schedule' when 'work_item' then 'billing' when 'eligibility' then 'payer' else x.kind
    end
where x.outcome = 'intended' and (x.sent_at is null or x.transmission_id = any(%(never_sent)s::uuid[])) and x.kind <> 'claim_batch'
    and not exists (
        select from tasks.transmission_task as l
        inner join tasks.task as t on t.task_id = l.task_id
        where l.transmission_id = x.transmission_id and t.closed_seq is null
            and not tasks.is_observed(%(seq)s, t.task_id, r.source || '|' || r.role)
    );

drop table w_forbidden;
