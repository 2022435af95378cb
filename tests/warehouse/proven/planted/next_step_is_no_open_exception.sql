update operations.exception set status = 'resolved', closed_seq = 3
where exception_id = (select exception_id from operations.exception where status = 'open' order by exception_id limit 1);
