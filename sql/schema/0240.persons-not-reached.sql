-- depends: 0224.not-known-of-files

-- A search person by person reaches those within the budget of requests. Of the others, and of nobody else, what the
-- feed would say is not known. `searched_subject` says who was asked about, and up to when the answer is complete.
alter table landing.searched_subject add column complete_to timestamptz;

create table landing.subject_search (
    source text not null,
    feed text not null,
    subject_id text not null,
    known_seq bigint not null,
    closed_seq bigint,
    is_reached boolean not null,
    primary key (source, feed, subject_id, known_seq)
);

create index subject_search_known on landing.subject_search (known_seq);
create index subject_search_closed on landing.subject_search (closed_seq) where closed_seq is not null;

-- For the steps behind: of whom the search of a feed has told us, and of whom it has not.
create view evidence.person_searched as
select t.source, t.feed, t.subject_id as source_id, t.is_reached, t.known_seq, t.closed_seq
from landing.subject_search as t;

-- Persons of a source whom the last search of a feed, made person by person, has not reached: it ran out of requests,
-- it failed for them, or they had no open case when it asked.
create view evidence.search_not_known as
with moment as (
    select coalesce(nullif(current_setting('throughline.seq', true), '')::bigint, 9223372036854775807) as seq
),

last as materialized (
    select distinct on (s.source, s.feed) s.source, s.feed, s.method, s.known_seq
    from landing.search as s
    where s.known_seq <= (select m.seq from moment as m)
    order by s.source, s.feed, s.known_seq desc
),

by_person as materialized (
    select l.source, l.feed, l.known_seq
    from last as l
    where l.method = 'patient'
        -- since then it may have come in another way
        and not exists (
            select from landing.batch as b
            where b.source = l.source and b.feed = l.feed and b.known_seq > l.known_seq
                and b.known_seq <= (select m.seq from moment as m)
        )
)

select
    l.person_id,
    p.source,
    p.feed,
    null::text as payer_id,
    null::date as from_on,
    null::date as until_on,
    'not reached by search' as why,
    md5(concat_ws(
        '|', 'exception', 'persons_not_reached', 'search', p.source, p.feed, coalesce(t.known_seq, p.known_seq)
    ))::uuid as exception_id,
    coalesce(t.known_seq, p.known_seq) as known_seq,
    null::bigint as closed_seq
from by_person as p
inner join identity.link as l
    on l.source = p.source and l.status = 'active'
    and l.known_seq <= (select m.seq from moment as m)
    and (l.retired_seq is null or l.retired_seq > (select m.seq from moment as m))
left join landing.subject_search as t
    on t.source = p.source and t.feed = p.feed and t.subject_id = l.source_id
    and t.known_seq <= (select m.seq from moment as m)
    and (t.closed_seq is null or t.closed_seq > (select m.seq from moment as m))
where t.is_reached is distinct from true;

create or replace view evidence.not_known as
select n.person_id, n.source, n.feed, n.payer_id, n.from_on, n.until_on, n.why, n.exception_id, n.known_seq, n.closed_seq
from evidence.delivery_not_known as n
union all
select n.person_id, n.source, n.feed, n.payer_id, n.from_on, n.until_on, n.why, n.exception_id, n.known_seq, n.closed_seq
from evidence.code_not_known as n
union all
select n.person_id, n.source, n.feed, n.payer_id, n.from_on, n.until_on, n.why, n.exception_id, n.known_seq, n.closed_seq
from evidence.search_not_known as n;

revoke all on evidence.person_searched, evidence.search_not_known
from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.person_searched, evidence.search_not_known to throughline_loop, throughline_reader;

comment on column landing.search.left_out is 'Persons whom it did not reach: beyond the budget of requests, or their search failed.';
comment on column landing.searched_subject.complete_to is 'The moment up to which their records are complete, by the clock of the source. Null: they were asked about in vain, or by an earlier version.';
comment on table landing.subject_search is 'A patient who is searched for by name, and the nights in which that told us something, or did not. It has a row for each change.';
comment on column landing.subject_search.source is 'The system of record, by the name of its definition.';
comment on column landing.subject_search.feed is 'The feed, by its name in the catalogue.';
comment on column landing.subject_search.subject_id is 'The id of the patient in the source.';
comment on column landing.subject_search.known_seq is 'The night in which we learned it (operations.night): of the first search with this result.';
comment on column landing.subject_search.closed_seq is 'The night in which it ended (operations.night): of the first search with another result. Null: the last search had this one.';
comment on column landing.subject_search.is_reached is 'Whether the search reached them. False: it ran out of requests, or failed for them.';
comment on view evidence.person_searched is 'Of whom the search of a feed has told us, and of whom it has not (landing.subject_search).';
comment on column evidence.person_searched.source is 'The system of record, by the name of its definition.';
comment on column evidence.person_searched.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.person_searched.source_id is 'The id of the patient in the source.';
comment on column evidence.person_searched.is_reached is 'Whether the search reached them.';
comment on column evidence.person_searched.known_seq is 'The night in which we learned it (operations.night): of the first search with this result.';
comment on column evidence.person_searched.closed_seq is 'The night in which it ended (operations.night): of the first search with another result. Null: the last search had this one.';
comment on view evidence.search_not_known is 'The part of evidence.not_known that a search would have told: of persons whom the last search of a feed did not reach.';
comment on column evidence.search_not_known.person_id is 'The person.';
comment on column evidence.search_not_known.source is 'The system of record, by the name of its definition.';
comment on column evidence.search_not_known.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.search_not_known.payer_id is 'Always null: there is no such limit.';
comment on column evidence.search_not_known.from_on is 'Always null: any day.';
comment on column evidence.search_not_known.until_on is 'Always null: any day.';
comment on column evidence.search_not_known.why is 'Always not reached by search.';
comment on column evidence.search_not_known.exception_id is 'The exception on which the stages wait that rest on it (operations.exception): one for each search that left persons out.';
comment on column evidence.search_not_known.known_seq is 'The night in which we learned it (operations.night): of the search that left them out.';
comment on column evidence.search_not_known.closed_seq is 'The night in which it ended (operations.night). Always null: who is reached is not listed.';
comment on view evidence.not_known is 'What is not known, and of whom, as of the night whose number is set for the transaction (throughline.seq), else now: what rows that were set aside, files that could not be read, records with a code that nobody has mapped, and searches that did not reach everybody, would have proven.';
comment on column evidence.not_known.why is 'The rule that the row broke, the fault of its reader as a code, or the field whose code is not mapped; file_refused: a file could not be read; not reached by search: a search person by person left them out.';
