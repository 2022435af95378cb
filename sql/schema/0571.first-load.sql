-- depends: 0570.files-of-known-feeds

-- After the first night a practice asks what was found, what was left out and why. State goes on changing, so what the
-- first night found is kept as it was then.
create table operations.first_load (
    known_seq bigint not null,
    part text not null,
    about text not null,
    name text not null,
    things bigint not null,
    from_on date,
    until_on date,
    primary key (part, about, name)
);

create table landing.left_file (
    source text not null,
    known_seq bigint not null,
    files int not null,
    primary key (source, known_seq)
);

grant select on operations.first_load, landing.left_file
to throughline_loader, throughline_loop, throughline_decider, throughline_reader;
grant insert, delete on operations.first_load to throughline_loop;
grant insert, delete on landing.left_file to throughline_loader;

comment on table operations.first_load is 'What the first night that finished found, and what it left out: counts as they were then.';
comment on column operations.first_load.known_seq is 'The night in which we learned it (operations.night): the first that finished.';
comment on column operations.first_load.part is 'What is counted: rows, files, older_files, facts, persons, cases, not_opened, set_aside, codes or exceptions.';
comment on column operations.first_load.about is 'Of what: a feed as source/feed, a source, a workflow or a team. Empty: of everything.';
comment on column operations.first_load.name is 'Which of them: what became of a row, a kind of fact, a reason, a stage, a field.';
comment on column operations.first_load.things is 'How many.';
comment on column operations.first_load.from_on is 'The first day that they are about. Null: they have none.';
comment on column operations.first_load.until_on is 'The last day that they are about. Null: they have none.';
comment on table landing.left_file is 'Files that a night left at their source, because they are older than its definition says (history_days).';
comment on column landing.left_file.source is 'The system of record, by the name of its definition.';
comment on column landing.left_file.known_seq is 'The night in which we learned it (operations.night): the one that left them.';
comment on column landing.left_file.files is 'How many files.';
