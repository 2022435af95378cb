insert into landing.removed_file (path, sha256, bytes, decision_id, kind)
select f.path, f.sha256, f.bytes, gen_random_uuid(), 'landed_bytes' from landing.file as f where f.known_seq = 1 limit 1;
