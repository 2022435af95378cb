update landing.batch set status = 'staged', rows_superseded = 0, rows_pending = rows_received where feed = 'condition' and known_seq = 3;
