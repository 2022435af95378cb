-- reads: tasks.perhaps_sent
-- changes: tasks.transmission

-- After a restore, what is about to go out may have gone out already. What can be looked up at its receiver is marked
-- as if a process had died during the call: so it is looked up, and sent only if it is not there. A file cannot be
-- looked up, because receivers take files away: it is uncertain.
update tasks.transmission as x
set sent_at = clock_timestamp()
where x.kind not in ('eligibility', 'claim_batch')
    and x.transmission_id in (select p.transmission_id from tasks.perhaps_sent as p);

update tasks.transmission as x
set outcome = 'uncertain', outcome_at = clock_timestamp(), outcome_seq = %(seq)s, outcome_reason = 'restored'
where x.kind = 'eligibility'
    and x.transmission_id in (select p.transmission_id from tasks.perhaps_sent as p);
