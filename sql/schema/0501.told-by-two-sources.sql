-- depends: 0520.what-opened-no-case

-- What two feeds tell of the same stay, appointment, charge or note is one fact with two sources.
alter table operations.feed add column same_within_minutes int;

comment on column operations.feed.same_within_minutes is 'How far apart the times of one of its records and one of another source may lie, if nothing else joins them, for the two to be the same. Null: times join nothing.';

grant insert (same_within_minutes), update (same_within_minutes) on operations.feed to throughline_loop;

create table cases.same_record (
    person_id uuid not null,
    ref text not null,
    source text not null,
    source_ref text not null,
    record text not null,
    joined_by text not null,
    differs text,
    happened_on date,
    derived_seq bigint not null,
    primary key (person_id, source, source_ref)
);

create index on cases.same_record (happened_on) where differs is not null;

grant select on cases.same_record to throughline_loader, throughline_loop, throughline_decider, throughline_reader;
grant insert, delete on cases.same_record to throughline_loop;

comment on table cases.same_record is 'Records of different sources that tell of the same stay, visit, appointment, charge or note: one row for each of them.';
comment on column cases.same_record.person_id is 'The person (identity.person).';
comment on column cases.same_record.ref is 'The record that was known first, as cases name it: the others go by its name, even if it is taken back.';
comment on column cases.same_record.source is 'The system of record, by the name of its definition.';
comment on column cases.same_record.source_ref is 'The record: its table and its id in the source.';
comment on column cases.same_record.record is 'The table of the record.';
comment on column cases.same_record.joined_by is 'Why they are the same: number (a visit, filler, charge or document number that both name) or time.';
comment on column cases.same_record.differs is 'In what it contradicts another of them: day or disposition of a discharge, code or units of a charge. Null: in nothing.';
comment on column cases.same_record.happened_on is 'The day that it is about, in the practice''s time zone.';
comment on column cases.same_record.derived_seq is 'The night that last changed the row.';
