-- depends: 0150.derivation-number

-- What came on each night, and which codes were seen when: small tables that a night adds to, so that silence
-- and new words are noticed without reading all evidence again.
create table operations.signal (
    about_kind text not null check (about_kind in ('workflow', 'facts')),
    about_id text not null,
    on_day date not null,
    seq bigint not null,
    times bigint not null check (times > 0),
    primary key (about_kind, about_id, on_day, seq)
);

create index signal_seq on operations.signal (seq);

create table operations.code_seen (
    source text not null,
    feed text not null,
    field text not null,
    code text not null,
    first_seq bigint not null,
    primary key (source, field, code)
);

create index code_seen_first on operations.code_seen (first_seq);

create table operations.coded_field (
    field text primary key,
    read_seq bigint not null
);

-- What an older practice knows already.
insert into operations.signal (about_kind, about_id, on_day, seq, times)
select s.about_kind, s.about_id, d.on_day, s.seq, s.times
from (
    select 'workflow' as about_kind, c.workflow as about_id, c.opened_seq as seq, count(*) as times
    from cases.case_record as c
    group by c.workflow, c.opened_seq
    union all
    select 'facts', concat_ws('/', f.source, f.kind), f.known_seq, count(*)
    from evidence.fact as f
    group by f.source, f.kind, f.known_seq
) as s
cross join lateral (
    select max(n.business_date) as on_day from operations.night as n where n.seq <= s.seq
) as d
where d.on_day is not null;

comment on table operations.signal is 'What came on a night: cases that a workflow opened, facts of a kind. Silence is seen from it.';
comment on column operations.signal.about_kind is 'workflow or facts.';
comment on column operations.signal.about_id is 'The workflow; of facts, their source and kind with a slash between.';
comment on column operations.signal.on_day is 'The business date of the night; of a rerun, the newest one then.';
comment on column operations.signal.seq is 'The night (operations.night).';
comment on column operations.signal.times is 'How many cases were opened, or facts became known.';

comment on table operations.code_seen is 'The codes of the watched fields, each with the night that brought it first. A code of a damaged record may be anything, a name among it.';
comment on column operations.code_seen.source is 'The system of record, by the name of its definition.';
comment on column operations.code_seen.feed is 'The feed, by its name in the catalogue.';
comment on column operations.code_seen.field is 'The field, as table.column of core.';
comment on column operations.code_seen.code is 'The code, as the source says it.';
comment on column operations.code_seen.first_seq is 'The night that brought it first (operations.night).';

comment on table operations.coded_field is 'The watched fields whose past is in operations.code_seen, so that from then on a night reads what it brought alone.';
comment on column operations.coded_field.field is 'The field, as table.column of core.';
comment on column operations.coded_field.read_seq is 'The night that read its past (operations.night).';

-- In how many statuses the rows of a delivery are, as its profile says: none, one, or two and more. Profiles of
-- before name the statuses alone that were known by name.
create function quality.statuses(profile jsonb, name text) returns int language sql immutable as $$
    select coalesce(
        (statuses.profile -> 'statuses' ->> statuses.name)::int,
        case when statuses.name = 'status' then (
            select least(count(*), 2) from jsonb_object_keys(statuses.profile -> 'by_status')
        ) end,
        0
    )::int
$$;

comment on function quality.statuses(jsonb, text) is 'In how many statuses the rows of a delivery are: none, one, or two (two and more), by its profile and the name of the column.';

grant execute on function quality.statuses(jsonb, text) to throughline_loop, throughline_reader;
