-- depends: 0174.record-numbers-by-system

-- A file that cannot be read may carry anything, a remittance among it. Until a person, the source's definition or
-- the source itself says what was in it, what its source would have said is not known.
alter table landing.file
add column closed_seq bigint,
add column closed_by text,
add column decision_id uuid,
add constraint file_closed_check check (
    (closed_seq is null) = (closed_by is null)
    and closed_by in ('decision', 'definition', 'readable', 'rejected', 'earlier version')
);

-- Earlier versions opened nothing about a refused file. Those of the last weeks are looked at now; older ones have no
-- clock left that they could touch.
update landing.file as f
set closed_seq = f.known_seq, closed_by = 'earlier version'
where f.status = 'refused'
    and f.business_date < (select max(n.business_date) from operations.night as n) - 30;

create index file_refused on landing.file (source, known_seq) where status = 'refused';
create index file_open on landing.file (source) where status = 'refused' and closed_seq is null;
create index file_name on landing.file (source, md5(original_name));

-- Reasons of files that were read to their end and hold nothing for a feed of their source: a person looks at them, but
-- no feed lacks anything.
create function landing.is_understood(reason text) returns boolean language sql immutable as $$
    select is_understood.reason in (
        'transaction_set_not_used_here', 'message_type_not_used_here', 'resource_type_not_used_here',
        'deletions_of_no_feed_tonight', 'export_error_report'
    )
$$;

create view landing.undecided_file as
select
    f.file_id,
    f.source,
    (
        select max(b.business_date)
        from landing.batch as b
        where b.source = f.source and b.known_seq < f.known_seq
    ) as from_on,
    f.business_date as until_on,
    f.known_seq,
    f.closed_seq,
    md5(concat_ws('|', 'exception', 'file_refused', 'file', f.file_id))::uuid as exception_id
from landing.file as f
where f.status = 'refused' and not landing.is_understood(f.refused_reason);

grant execute on function landing.is_understood(text)
to throughline_loop, throughline_loader, throughline_reader;

comment on column landing.file.closed_seq is 'Of a refused file: the night from which on it holds back nothing (operations.night). Null: it waits for a person, or it was not refused.';
comment on column landing.file.closed_by is 'decision: a named person said that it carries nothing. definition: its name is on carries_nothing of its source. readable: the source sent it again. rejected: its deliveries were. earlier version: it was refused before such files were watched.';
comment on column landing.file.decision_id is 'The decision of a named person behind it (operations.decision). Null: none.';
comment on column landing.file.refused_reason is 'Why it was refused, as a code. A file that could not be fetched has no bytes. Null: it was not.';
comment on function landing.is_understood(text) is 'Whether a file that was refused for this reason was read to its end, and holds nothing for a feed of its source.';
comment on view landing.undecided_file is 'Refused files whose content nobody knows, open or closed. It was open on night n when known_seq <= n and it was not closed by n.';
comment on column landing.undecided_file.file_id is 'The file (landing.file).';
comment on column landing.undecided_file.source is 'The system of record, by the name of its definition. Any of its feeds may be in the file.';
comment on column landing.undecided_file.from_on is 'The first day that it may be about: of the last delivery of its source before. Null: there was none.';
comment on column landing.undecided_file.until_on is 'The last day that it may be about: of the night that received it.';
comment on column landing.undecided_file.known_seq is 'The night in which we learned it (operations.night).';
comment on column landing.undecided_file.closed_seq is 'The night from which on it holds back nothing (operations.night). Null: it waits.';
comment on column landing.undecided_file.exception_id is 'The exception about it (operations.exception).';
