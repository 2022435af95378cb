update landing.batch set rows_loaded = 1, rows_superseded = rows_superseded - 1 where feed = 'encounter' and known_seq = 3;
