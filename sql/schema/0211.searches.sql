-- depends: 0210.export-jobs

-- What a server's export leaves out is searched for. How, and what that way cannot see, is kept with each night.
create table landing.search (
    source text not null,
    feed text not null,
    known_seq bigint not null,
    method text not null check (method in ('last_updated', 'date', 'patient', 'all')),
    param text not null default '',
    cannot_see text[] not null default '{}',
    requests int not null default 0,
    left_out bigint not null default 0,
    primary key (source, feed, known_seq)
);

comment on table landing.search is 'How each feed that is read by search was searched in a night.';
comment on column landing.search.method is 'last_updated: what changed. date: what happened in a range of days. patient: the records of persons with open cases. all: everything.';
comment on column landing.search.param is 'The search parameter that was used.';
comment on column landing.search.cannot_see is 'What this way does not see, in words.';
comment on column landing.search.requests is 'How many requests it took.';
comment on column landing.search.left_out is 'Persons who could not be asked about within the budget of requests.';

create table landing.searched_subject (
    source text not null,
    feed text not null,
    subject_id text not null,
    known_seq bigint not null,
    primary key (source, feed, subject_id)
);

comment on table landing.searched_subject is 'When a person was last asked about, for feeds that are searched person by person.';
comment on column landing.searched_subject.subject_id is 'The id of the patient in the source.';
comment on column landing.searched_subject.known_seq is 'The night in which the person was asked about.';

-- The loader sees whom to ask about, and nothing else of the cases.
create view landing.wanted_subject as
select l.source, l.source_id as subject_id, min(c.next_due_at) as due_at
from identity.link as l
inner join cases.case_record as c on c.person_id = l.person_id and c.status = 'open'
where l.status = 'active' and l.retired_seq is null
group by l.source, l.source_id;

comment on view landing.wanted_subject is 'The patients of each source who have an open case, and when it is due next.';

revoke all on landing.wanted_subject from throughline_loop, throughline_loader, throughline_reader;
grant select on landing.wanted_subject to throughline_loader, throughline_reader;
