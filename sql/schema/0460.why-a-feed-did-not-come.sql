-- depends: 0380.a-look-at-the-calls

-- A feed that is behind says why: nobody should have to read a task's log for it.
create table landing.not_received (
    source text not null,
    feed text not null,
    known_seq bigint not null,
    reason text not null,
    said text,
    primary key (source, feed, known_seq)
);

grant select on landing.not_received to throughline_loader, throughline_loop, throughline_decider, throughline_reader;
grant insert on landing.not_received to throughline_loader;
grant update (reason, said) on landing.not_received to throughline_loader;

comment on table landing.not_received is 'Why a feed did not come in a night, or not whole.';
comment on column landing.not_received.source is 'The system of record, by the name of its definition.';
comment on column landing.not_received.feed is 'The feed, by its name in the catalogue.';
comment on column landing.not_received.known_seq is 'The night in which we learned it (operations.night): the one that asked.';
comment on column landing.not_received.reason is 'Why, in our words: http_400, no export was ready in time.';
comment on column landing.not_received.said is 'What the source says about it, where its words can name no patient; null if it says nothing.';
