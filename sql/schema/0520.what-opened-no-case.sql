-- depends: 0460.why-a-feed-did-not-come

-- A discharge that opens no case was dropped without a word: nobody could see that its disposition, its patient's
-- practitioner or coverage was missing.
create table cases.not_opened (
    person_id uuid not null,
    workflow text not null,
    trigger_ref text not null,
    reason text not null,
    version int not null,
    source text,
    happened_on date not null,
    derived_seq bigint not null,
    primary key (person_id, workflow, trigger_ref, reason)
);

create index on cases.not_opened (happened_on);

grant select on cases.not_opened to throughline_loader, throughline_loop, throughline_decider, throughline_reader;
grant insert, delete on cases.not_opened to throughline_loop;

comment on table cases.not_opened is 'What could have opened a case and did not, and why: one row for each reason.';
comment on column cases.not_opened.person_id is 'The person (identity.person).';
comment on column cases.not_opened.workflow is 'The workflow, by its name.';
comment on column cases.not_opened.trigger_ref is 'The record that would open the case: its feed and its number at its source.';
comment on column cases.not_opened.reason is 'Why it opens none: a word of not_opened_reason.';
comment on column cases.not_opened.version is 'The version of the workflow that was asked.';
comment on column cases.not_opened.source is 'The system of record, by the name of its definition. Null: the calendar.';
comment on column cases.not_opened.happened_on is 'The day on which it happened, or since which it is due, where it happened.';
comment on column cases.not_opened.derived_seq is 'The night that last changed the row.';
