-- depends: 0706.records-say-more

-- A function whose body looks something up is called row by row. One that is given the zone becomes part of the
-- statement: a file of facts asks for the zone once.
create function evidence.day_start(day date, zone text) returns timestamptz
language sql stable parallel safe as $$
    select day::timestamp at time zone zone
$$;

revoke all on function evidence.day_start(date, text) from public;
grant execute on function evidence.day_start(date, text) to throughline_loop, throughline_loader, throughline_reader;

comment on function evidence.day_start(date, text) is 'The beginning of a day in a zone.';
