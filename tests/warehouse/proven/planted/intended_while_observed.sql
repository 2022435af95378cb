insert into operations.mode (scope, name, known_seq, mode) values ('practice', '', 3, 'observe');
