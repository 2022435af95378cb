update operations.exception set owner_team = ''
where exception_id = (select exception_id from operations.exception where status = 'open' order by exception_id limit 1);
