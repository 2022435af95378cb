set local session_replication_role = replica;
update landing.batch
set status = 'replaced', replaced_by = batch_id, replaced_seq = known_seq, rows_superseded = rows_received, rows_pending = 0
where status = 'stopped';
