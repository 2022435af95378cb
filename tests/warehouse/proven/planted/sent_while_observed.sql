-- sent during the third night, of which it was learned that it observes
update operations.night set started_at = '2026-09-03 06:00Z' where seq = 3;
insert into operations.mode (scope, name, known_seq, mode) values ('workflow', 'transitional_care', 3, 'observe');
