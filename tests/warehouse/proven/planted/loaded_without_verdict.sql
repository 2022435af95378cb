delete from quality.verdict where batch_id = (select batch_id from landing.batch where feed = 'condition' and known_seq = 3);
