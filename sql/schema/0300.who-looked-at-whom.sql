-- depends: 0280.a-login-that-decides

-- Who looked at which person on a page. A page writes it through a function before it shows a name; no role of the loop
-- may write, change or remove a row.
create table operations.looked (
    looked_id bigint generated always as identity primary key,
    looked_at timestamptz not null default clock_timestamp(),
    who text not null check (who <> ''),
    page text not null check (page in ('exceptions', 'exception', 'case', 'person', 'search', 'claims')),
    person_id uuid not null,
    about_id text not null default ''
);

create index looked_person on operations.looked (person_id, looked_at);
create index looked_who on operations.looked (who, looked_at);

revoke all on operations.looked from throughline_loader, throughline_loop, throughline_reader, throughline_decider;
grant select on operations.looked to throughline_reader;

comment on table operations.looked is 'Who looked at which person on a page: one row for each person that a page showed. Written by operations.look alone, and never changed.';
comment on column operations.looked.looked_id is 'Its number, in the order in which pages asked.';
comment on column operations.looked.looked_at is 'When, by the clock of the database.';
comment on column operations.looked.who is 'Who looked, by the id of Airflow''s auth manager.';
comment on column operations.looked.page is 'The page: exceptions, exception, case, person, search or claims.';
comment on column operations.looked.person_id is 'The person (identity.person) whose name was shown.';
comment on column operations.looked.about_id is 'The case, exception or batch that the page is about. Empty: the page is a list or about the person.';

create function operations.look(who text, page text, persons uuid[], about_id text)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into operations.looked (who, page, person_id, about_id)
    select look.who, look.page, shown.person_id, look.about_id
    from unnest(look.persons) as shown (person_id)
$$;

comment on function operations.look(text, text, uuid[], text) is 'Keeps that somebody is shown these persons on a page. The one way to write operations.looked.';

revoke all on function operations.look(text, text, uuid[], text) from public;
grant execute on function operations.look(text, text, uuid[], text) to throughline_reader;

create function operations.keep_looks()
returns trigger
language plpgsql
as $$
begin
    raise exception 'operations.looked is append-only';
end
$$;

comment on function operations.keep_looks() is 'Trigger: refuses to change or remove who looked at whom.';

create trigger looks_stay
before update or delete or truncate on operations.looked
for each statement execute function operations.keep_looks();

-- A person is searched for by the beginning of the name.
create index patient_named on core.patient (lower(family) text_pattern_ops, lower(given) text_pattern_ops)
where retracted_seq is null;

-- The oldest open exceptions first, whoever owns them.
create index exception_due on operations.exception (due_at, exception_id) where status = 'open';
