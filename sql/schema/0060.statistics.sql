-- depends: 0041.exceptions-of-a-case

-- A first load, and any large delivery, is worked on minutes after it came: before anybody has counted
-- the tables, so that a join of two of them is planned as if they were empty. The roles of the loop own
-- nothing, and may have this one thing done: count a table again when a tenth of it is new.
create function operations.refresh_statistics(table_name text, changed bigint) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
    counted constant regclass := table_name::regclass;
    known real;
begin
    if changed < 500 or split_part(table_name, '.', 1) not in ('core', 'identity', 'evidence') then
        return;
    end if;
    select c.reltuples into known from pg_class as c where c.oid = counted;
    if changed * 10 >= known then
        execute format('analyze %s', counted);
    end if;
end
$$;

revoke all on function operations.refresh_statistics(text, bigint) from public;
grant execute on function operations.refresh_statistics(text, bigint) to throughline_loader, throughline_loop;
