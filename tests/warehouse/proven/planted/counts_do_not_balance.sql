alter table landing.batch drop constraint batch_check;
update landing.batch set rows_received = rows_received + 1 where feed = 'encounter' and known_seq = 3;
