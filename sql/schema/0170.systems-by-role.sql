-- depends: 0150.derivation-number

-- The systems that the source definitions name: what each is to the practice, and whom it serves. Written when
-- definitions are registered. A source stays here when its definition goes: what it stated keeps its names.
create table operations.source (
    source text primary key,
    title text not null,
    is_chart boolean not null default false,
    -- what stands before the id of a visit of this source wherever the visit is named outside of it
    id_prefix text not null default ''
);

create table operations.role (
    source text not null references operations.source (source),
    role text not null check (role in ('chart', 'schedule', 'outreach', 'documentation', 'billing', 'payer')),
    -- by which the system takes the work of this role
    connection text not null,
    -- of the files for a payer's system; empty where they are the practice's own
    submitter_id text not null default '',
    receiver_id text not null default '',
    primary key (source, role)
);

-- Whom a system serves that does not serve everybody: none of a kind, every one of that kind.
create table operations.serves (
    source text not null references operations.source (source),
    kind text not null check (kind in ('payers', 'billing_npi', 'charts')),
    value text not null,
    primary key (source, kind, value)
);

-- The night that first expected a feed: earlier ones did not wait for it.
alter table operations.feed add column known_seq bigint not null default 0;

-- A visit as it is named outside of its source (`id_prefix` and id), taken apart again.
create function evidence.source_of_visit(visit text) returns text
language sql stable strict as $$
    select coalesce(
        (
            select o.source from operations.source as o
            where o.id_prefix <> '' and starts_with(source_of_visit.visit, o.id_prefix)
            order by length(o.id_prefix) desc
            limit 1
        ),
        (select o.source from operations.source as o where o.is_chart and o.id_prefix = '')
    )
$$;

create function evidence.id_of_visit(visit text) returns text
language sql stable strict as $$
    select coalesce(
        (
            select substr(id_of_visit.visit, length(o.id_prefix) + 1) from operations.source as o
            where o.id_prefix <> '' and starts_with(id_of_visit.visit, o.id_prefix)
            order by length(o.id_prefix) desc
            limit 1
        ),
        id_of_visit.visit
    )
$$;

grant execute on function evidence.source_of_visit(text) to throughline_loop, throughline_reader;
grant execute on function evidence.id_of_visit(text) to throughline_loop, throughline_reader;

-- The system that the file of a batch is addressed to; null for those of before.
alter table tasks.claim_batch add column source text;

-- The system that takes what is sent to a payer: definitions that serve the same are refused when they are loaded.
-- An inquiry names no billing provider: then each of those that serve the payer will do, and the first is taken.
create function operations.payer_system(payer_id text, billing_npi text) returns text
language sql stable as $$
    select r.source
    from operations.role as r
    where r.role = 'payer'
        and (
            not exists (select from operations.serves as s where s.source = r.source and s.kind = 'payers')
            or exists (
                select from operations.serves as s
                where s.source = r.source and s.kind = 'payers' and s.value = payer_system.payer_id
            )
        )
        and (
            payer_system.billing_npi is null
            or not exists (select from operations.serves as s where s.source = r.source and s.kind = 'billing_npi')
            or exists (
                select from operations.serves as s
                where s.source = r.source and s.kind = 'billing_npi' and s.value = payer_system.billing_npi
            )
        )
    order by r.source
    limit 1
$$;

grant execute on function operations.payer_system(text, text) to throughline_loop, throughline_reader;

comment on table operations.source is 'The systems that source definitions name, or named once.';
comment on column operations.source.source is 'The system of record, by the name of its definition.';
comment on column operations.source.title is 'What people call the system.';
comment on column operations.source.is_chart is 'Whether it is, or was, a chart of the practice.';
comment on column operations.source.id_prefix is 'What stands before the id of a visit of this source wherever the visit is named outside of it. Empty: the id alone names it.';

comment on table operations.role is 'What each system is to the practice, as its definition says now.';
comment on column operations.role.source is 'The system of record, by the name of its definition.';
comment on column operations.role.role is 'chart, schedule, outreach, documentation, billing or payer: the kind of work that it takes.';
comment on column operations.role.connection is 'The Airflow connection by which it takes the work of this role.';
comment on column operations.role.submitter_id is 'Who we are in the files for a payer''s system (ISA06). Empty: as the practice says.';
comment on column operations.role.receiver_id is 'Who the system is in the files for it (ISA08). Empty: as the practice says.';

comment on table operations.serves is 'Whom a system serves that does not serve everybody.';
comment on column operations.serves.source is 'The system of record, by the name of its definition.';
comment on column operations.serves.kind is 'payers, billing_npi or charts: what it is that is served.';
comment on column operations.serves.value is 'A payer, an NPI or a source that it serves.';

comment on column operations.feed.known_seq is 'The night in which we learned it (operations.night): earlier ones did not wait for the feed.';
comment on column tasks.claim_batch.source is 'The system of record, by the name of its definition, that the file is addressed to. Null: made before systems were told apart.';

comment on function evidence.source_of_visit(text) is 'The source of a visit by the name that it has outside of it: what its prefix says, else the chart without one.';
comment on function evidence.id_of_visit(text) is 'The id of a visit in its source, by the name that it has outside of it.';
comment on function operations.payer_system(text, text) is 'The source that takes what is sent to a payer for a billing provider (NPI). Null: none does.';
