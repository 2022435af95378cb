-- reads: tasks.not_called(), w_outgoing
-- makes: w_forbidden

-- The last check before sending: persons of w_outgoing about whom nothing may be sent now, by the same reasons as a page says
-- that somebody is not to be called. Doubt about identity blocks everything; all else blocks outreach, but services already
-- rendered stay billable. One reason is given, because an outcome is recorded once: doubt first, then what stands, then
-- what nobody has mapped.
create temp table w_forbidden on commit drop as
with wanted as (
    select distinct
        x.person_id,
        x.kind in ('outreach', 'booking') as reaches_out
    from w_outgoing as x
    where x.person_id is not null
)

select distinct on (w.person_id, w.reaches_out) w.person_id, w.reaches_out, r.reason
from tasks.not_called(array(select p.person_id from wanted as p), %(as_of)s) as n
inner join wanted as w on w.person_id = n.person_id and (w.reaches_out or n.reason = 'identity_doubt')
cross join lateral (
    select
        case
            when n.reason = 'death' then 'died'
            when n.reason in ('admission', 'stay_not_mapped') then 'admitted'
            when n.reason = 'consent_not_mapped' then 'opt_out'
            else n.reason
        end as reason,
        case n.reason when 'identity_doubt' then 1 when 'consent_not_mapped' then 3 when 'stay_not_mapped' then 4 else 2 end as place
) as r
order by w.person_id, w.reaches_out, r.place, r.reason;

create unique index on w_forbidden (person_id, reaches_out);
