-- reads: w_current, w_unknown
-- changes: w_state

-- Rows that were set aside count against no one: while somebody has yet to decide about them, a stage that rests on them is
-- not known. Its case waits on the exception of the delivery. Only when the time given for that has passed does it get
-- an exception of its own. Tasks go on, but no claim is made while a row of the patient is missing.
update w_state as t
set stage_state = 'unknown',
    waits_on_feeds = u.feeds,
    wanted = case when u.is_overdue then 'exception' else 'wait' end,
    wanted_kind = case when u.is_overdue then 'verify_by_hand' end,
    wanted_due_at = s.due_at,
    wanted_detail = case
        when u.is_overdue then '{}'::jsonb else jsonb_build_object('waits_on', u.exception_id)
    end
from w_current as s
inner join w_unknown as u on u.case_id = s.case_id and u.position = s.position
where s.case_id = t.case_id and t.status = 'open' and t.stage_state <> 'unknown'
    and (
        -- what says that something did not happen
        (t.wanted = 'exception' and t.wanted_kind in (
            'missed_clock', 'attempts_exhausted', 'unsigned_note', 'missing_charge', 'eligibility_unknown',
            'claim_not_accepted', 'payment_overdue', 'patient_balance', 'charge_check',
            'level_not_stated', 'reconciliation_not_stated'
        ))
        or (t.wanted = 'task' and s.proof = 'claim' and u.is_named)
    );

-- The person's own row was set aside: it is not known whether the stage is done. What was to follow, follows.
update w_state as t
set stage_state = 'unknown', waits_on_feeds = u.feeds
from w_current as s
inner join w_unknown as u on u.case_id = s.case_id and u.position = s.position
where s.case_id = t.case_id and t.status = 'open' and t.stage_state = 'pending' and u.is_named;
