-- depends: 0521.calls-recorded-by-hand

-- A report that gets a new column says something new, and nobody reads it: it is told where the delivery is shown.
create table landing.new_column (
    file_id uuid not null references landing.file (file_id),
    name text not null,
    primary key (file_id, name)
);

grant select on landing.new_column to throughline_loader, throughline_loop, throughline_decider, throughline_reader;
grant insert on landing.new_column to throughline_loader;

comment on table landing.new_column is 'Columns of tables that the source''s definition neither maps nor names as unused.';
comment on column landing.new_column.file_id is 'The file (landing.file).';
comment on column landing.new_column.name is 'The name of the column, as the header of the file has it.';
