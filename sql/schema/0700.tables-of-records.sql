-- depends: 0690.days-in-line

-- A feed's migration creates `core.<table>` with the columns of its own, and their comments; this adds what is the
-- same for every record: its identity, its keys, the table of staged rows, and who may do what.
create procedure core.add_record(record text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    meant record;
begin
    execute format(
        'alter table core.%I'
        ' add column source text not null,'
        ' add column source_id text not null,'
        ' add column source_version text not null,'
        ' add column subject_source text,'
        ' add column subject_id text,'
        ' add column batch_id uuid not null,'
        ' add column file_id uuid,'
        ' add column row_no bigint not null,'
        ' add column known_seq bigint not null,'
        ' add column retracted_seq bigint,'
        ' add column is_deleted boolean not null default false,'
        ' add column content_hash text not null,'
        ' add primary key (source, source_id, source_version, known_seq)', record);
    execute format('create index %I on core.%I (known_seq)', record || '_known', record);
    execute format(
        'create index %I on core.%I (retracted_seq) where retracted_seq is not null', record || '_retracted', record);
    execute format(
        'create unique index %I on core.%I (source, source_id) where retracted_seq is null',
        record || '_standing', record);
    execute format('create index %I on core.%I (subject_source, subject_id)', record || '_subject', record);

    execute format('create unlogged table staging.%1$I (like core.%1$I including defaults)', record);
    execute format(
        'alter table staging.%I drop column known_seq, drop column retracted_seq, drop column content_hash', record);
    execute format('create index %I on staging.%I (batch_id)', 'staging_' || record || '_batch', record);

    execute format('grant select on core.%I to throughline_loader, throughline_loop, throughline_reader', record);
    execute format('grant insert, update (retracted_seq), delete on core.%I to throughline_loader', record);
    execute format('grant select, insert, delete on staging.%I to throughline_loader', record);

    for meant in
        select a.attname as name, col_description(a.attrelid, a.attnum) as meaning
        from pg_attribute as a
        where a.attrelid = 'core.condition'::regclass and a.attname in (
            'source', 'source_id', 'source_version', 'subject_source', 'subject_id', 'batch_id', 'file_id', 'row_no',
            'known_seq', 'retracted_seq', 'is_deleted', 'content_hash'
        )
    loop
        execute format('comment on column core.%I.%I is %L', record, meant.name, meant.meaning);
    end loop;
    execute format('comment on table staging.%I is %L', record, format('Rows of core.%s on their way there.', record));
    for meant in
        select a.attname as name, col_description(a.attrelid, a.attnum) as meaning
        from pg_attribute as a
        where a.attrelid = format('core.%I', record)::regclass and a.attnum > 0 and not a.attisdropped
            and a.attname not in ('known_seq', 'retracted_seq', 'content_hash')
    loop
        execute format('comment on column staging.%I.%I is %L', record, meant.name, meant.meaning);
    end loop;
end
$$;

revoke execute on procedure core.add_record(text) from public;
comment on procedure core.add_record (text) is
'Adds to a table of records what is the same for each: identity, keys, rights, and the table of its staged rows.';
