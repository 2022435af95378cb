-- a delivery of the first night still waits, and its exception is gone
set local session_replication_role = replica;
update landing.batch set status = 'stopped', rows_pending = rows_received, rows_superseded = 0, loaded_seq = null
where batch_id = (select batch_id from landing.batch where known_seq = 1 and feed = 'consent');
