-- reads: cases.case_record, evidence.code_not_known, evidence.fact, evidence.possible_stay, identity.link,
--     operations.decision, operations.exception, w_outgoing
-- makes: w_forbidden

-- The last check before sending: persons of w_outgoing about whom nothing may be sent now. Doubt about identity
-- blocks everything; death, opt-out, hospice, admission and leaving block outreach, but services already
-- rendered stay billable.
create temp table w_forbidden on commit drop as
with wanted as (
    select distinct
        x.person_id,
        x.kind in ('outreach', 'booking') as reaches_out
    from w_outgoing as x
    where x.person_id is not null
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

-- One reason is given: an outcome is recorded once.
create unique index on w_forbidden (person_id, reaches_out);

insert into w_forbidden (person_id, reaches_out, reason)
select distinct x.person_id, x.kind in ('outreach', 'booking'), 'identity_doubt'
from w_outgoing as x
inner join identity.link as own
    on own.person_id = x.person_id and own.retired_seq is null and own.status in ('active', 'doubt')
where exists (
    select from identity.link as d
    where d.source = own.source and d.source_id = own.source_id and d.status = 'doubt'
        and d.retired_seq is null
)
on conflict (person_id, reaches_out) do update set reason = excluded.reason;

-- A refusal with a code that nobody has mapped may be one of contact.
insert into w_forbidden (person_id, reaches_out, reason)
select distinct x.person_id, true, 'opt_out'
from w_outgoing as x
where x.kind in ('outreach', 'booking')
    and x.person_id in (select n.person_id from evidence.code_not_known as n where n.feed = 'consent')
on conflict do nothing;

-- An encounter that goes on, of which nobody has mapped what it is, may be a stay; a named person may have said that it is
-- none.
insert into w_forbidden (person_id, reaches_out, reason)
select distinct x.person_id, true, 'admitted'
from w_outgoing as x
inner join evidence.possible_stay as n on n.person_id = x.person_id and coalesce(n.from_on <= %(business_date)s::date, true)
where x.kind in ('outreach', 'booking')
    and not exists (
        select from operations.decision as d
        left join operations.exception as e on d.about_kind = 'exception' and e.exception_id::text = d.about_id
        inner join cases.case_record as c
            on c.case_id = e.case_id or (d.about_kind = 'case' and c.case_id::text = d.about_id)
        where c.person_id = x.person_id and d.known_seq > n.known_seq
            and coalesce(d.detail ->> 'action', d.kind) in ('retry', 'continue')
    )
on conflict do nothing;
