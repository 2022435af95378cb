-- reads: tasks.perhaps_sent, tasks.transmission
-- changes: tasks.transmission

-- After a restore, what is about to go out may have gone out already. What can be looked up at its receiver is marked
-- as if a process had died during the call: so it is looked up, and sent only if it is not there. A file cannot be
-- looked up, because receivers take files away: it is uncertain.
update tasks.transmission as x
set sent_at = clock_timestamp()
where x.kind not in ('eligibility', 'claim_batch') and not x.in_list
    and x.transmission_id in (select p.transmission_id from tasks.perhaps_sent as p);

select tasks.set_outcome(x.transmission_id, 'uncertain', %(seq)s, 'restored')
from tasks.transmission as x
where x.kind = 'eligibility'
    and x.transmission_id in (select p.transmission_id from tasks.perhaps_sent as p);
