-- depends: 0012.feed-profile

-- Staging is written and read within minutes: long before anybody has counted it. Without statistics a
-- comparison of a delivery with itself is planned as if it had ten rows. The loader owns nothing, and may
-- have this one thing done.
create function staging.refresh_statistics(table_name text) returns void
language plpgsql security definer set search_path = pg_catalog as $$
begin
    execute format('analyze staging.%I', table_name);
end
$$;

revoke all on function staging.refresh_statistics(text) from public;
grant execute on function staging.refresh_statistics(text) to throughline_loader;
