insert into landing.removed_file (path, sha256, bytes, decision_id, kind)
select f.path, f.sha256, f.bytes, gen_random_uuid(), 'landed_bytes'
from landing.batch as b
inner join landing.batch_file as x on x.batch_id = b.batch_id
inner join landing.file as f on f.file_id = x.file_id
where b.status = 'stopped';
