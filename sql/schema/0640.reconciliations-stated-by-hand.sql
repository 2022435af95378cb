-- depends: 0630.who-may-not-be-called

-- What a named person may state besides: that the medicines were reconciled after a discharge, and on which day.
comment on column cases.do_not_bill.reason is 'charge_check: the charge is not what the documentation supports. reconciliation_not_stated: nothing says when the medicines were reconciled. level_not_stated: nothing says which level of decision-making the note documents. eligibility_unknown: nobody knows what the payer covers. impossible_date: the visit cannot have been on its day.';
comment on column tasks.prepared_by.kind is 'What they decided: retry, continue, confirm, state_disposition, state_level, state_reconciliation, release, record_call.';
