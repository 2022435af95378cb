update landing.batch_file set row_count = row_count - 1
where batch_id = (select batch_id from landing.batch where feed = 'encounter' and known_seq = 3);
