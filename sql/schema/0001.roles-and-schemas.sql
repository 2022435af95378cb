-- One role loads, one runs the loop, one reads for the pages; none of them owns anything.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['throughline_loader', 'throughline_loop', 'throughline_reader'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I nologin', role_name);
        end if;
    end loop;
end
$$;

create schema landing;
create schema staging;
create schema quality;
create schema identity;
create schema core;
create schema evidence;
create schema cases;
create schema tasks;
create schema operations;

revoke create on schema public from public;

grant usage on schema landing, staging, quality, core, operations to throughline_loader;
grant usage on schema landing, staging, quality, identity, core, evidence, cases, tasks, operations to throughline_loop;
grant usage on schema landing, quality, identity, core, evidence, cases, tasks, operations to throughline_reader;

-- Tables made later by the owner get the same rights without another word.
alter default privileges in schema landing grant select, insert, update, delete on tables to throughline_loader;
alter default privileges in schema staging grant select, insert, update, delete, truncate on tables to throughline_loader;
alter default privileges in schema quality grant select, insert, update, delete on tables to throughline_loader;
alter default privileges in schema core grant select, insert, update, delete on tables to throughline_loader;
alter default privileges in schema operations grant select, insert, update on tables to throughline_loader;

alter default privileges in schema landing grant select, update on tables to throughline_loop;
alter default privileges in schema staging grant select on tables to throughline_loop;
alter default privileges in schema quality grant select, insert, update on tables to throughline_loop;
alter default privileges in schema core grant select on tables to throughline_loop;
alter default privileges in schema identity grant select, insert, update, delete on tables to throughline_loop;
alter default privileges in schema evidence grant select, insert, update, delete on tables to throughline_loop;
alter default privileges in schema cases grant select, insert, update, delete on tables to throughline_loop;
alter default privileges in schema tasks grant select, insert, update, delete on tables to throughline_loop;
alter default privileges in schema operations grant select, insert, update, delete on tables to throughline_loop;

alter default privileges in schema landing grant select on tables to throughline_reader;
alter default privileges in schema quality grant select on tables to throughline_reader;
alter default privileges in schema identity grant select on tables to throughline_reader;
alter default privileges in schema core grant select on tables to throughline_reader;
alter default privileges in schema evidence grant select on tables to throughline_reader;
alter default privileges in schema cases grant select on tables to throughline_reader;
alter default privileges in schema tasks grant select on tables to throughline_reader;
alter default privileges in schema operations grant select on tables to throughline_reader;

alter default privileges in schema landing grant usage on sequences to throughline_loader;
alter default privileges in schema quality grant usage on sequences to throughline_loader, throughline_loop;
alter default privileges in schema operations grant usage on sequences to throughline_loader, throughline_loop;
alter default privileges in schema cases grant usage on sequences to throughline_loop;
alter default privileges in schema tasks grant usage on sequences to throughline_loop;
