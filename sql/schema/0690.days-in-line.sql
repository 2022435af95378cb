-- depends: 0670.stops-of-a-person

-- A function whose body asks for the practice's zone is called row by row; one that is given the zone becomes part of
-- the statement, which takes a fifteenth of the time for each row. So a statement over many rows asks for the zone once.
create function cases.practice_zone() returns text
language sql stable as $$
    select value from cases.setting where name = 'time_zone'
$$;

create or replace function cases.local_day(at timestamptz, zone text) returns date
language sql stable as $$
    select (at at time zone coalesce(zone, cases.practice_zone()))::date
$$;

create or replace function cases.day_end(day date, zone text) returns timestamptz
language sql stable as $$
    select (day + 1)::timestamp at time zone coalesce(zone, cases.practice_zone())
$$;

revoke all on function cases.practice_zone() from public;
grant execute on function cases.practice_zone() to throughline_loop, throughline_loader, throughline_reader, throughline_decider;

comment on function cases.practice_zone() is 'The time zone (IANA) of the practice.';
