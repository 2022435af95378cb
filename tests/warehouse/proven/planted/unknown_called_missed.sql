update operations.exception set reason = 'missed_clock'
where exception_id = (select exception_id from operations.exception where reason = 'verify_by_hand' order by exception_id limit 1);
