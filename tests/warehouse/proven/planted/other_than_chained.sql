-- no trigger of the warehouse lets this happen
set local session_replication_role = replica;
update operations.night set state_digest = md5('other') where seq = 1;
