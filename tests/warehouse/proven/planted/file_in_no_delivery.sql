insert into landing.file (file_id, source, business_date, known_seq, original_name, path, bytes, sha256, received_at, status)
values (md5('stray')::uuid, 'clearinghouse', '2026-09-03', 3, 'x', 'x', 1, 'x', '2026-09-04 07:00Z', 'landed');
