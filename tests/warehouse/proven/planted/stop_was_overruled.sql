update landing.batch set status = 'loaded', loaded_seq = 3, rows_superseded = rows_received, rows_pending = 0 where status = 'stopped';
