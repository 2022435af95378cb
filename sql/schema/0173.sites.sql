-- depends: 0172.claims-by-their-number 0146.published-views

-- Days and clocks of a site follow its own time zone. What has no site, or one in the practice's zone, has none (null)
-- and follows the practice's.

create function cases.local_day(at timestamptz, zone text) returns date
language sql stable as $$
    select (at at time zone coalesce(zone, (select value from cases.setting where name = 'time_zone')))::date
$$;

create function cases.day_end(day date, zone text) returns timestamptz
language sql stable as $$
    select (day + 1)::timestamp at time zone coalesce(
        zone, (select value from cases.setting where name = 'time_zone')
    )
$$;

-- The places that lie in another zone than the practice's, by what their sources call them.
create view cases.place_zone as
select
    split_part(l.key, '|', 1) as source,
    substr(l.key, strpos(l.key, '|') + 1) as code,
    z.value as zone
from cases.setting as l
inner join cases.setting as z on z.name = 'zone_of_site' and z.key = l.value
where l.name = 'site_of_place'
    and z.value <> (select s.value from cases.setting as s where s.name = 'time_zone');

create function cases.zone_of_place(source text, location text) returns text
language sql stable as $$
    select p.zone
    from cases.place_zone as p
    where p.source = zone_of_place.source
        and (
            p.code = zone_of_place.location
            or p.code = any(string_to_array(zone_of_place.location, '/'))
        )
    order by p.code = zone_of_place.location desc, p.code
    limit 1
$$;

revoke all on cases.place_zone from throughline_loop, throughline_loader, throughline_reader;

grant select on cases.place_zone to throughline_loop, throughline_reader;
grant execute on function cases.local_day(timestamptz, text) to throughline_loop, throughline_reader;
grant execute on function cases.day_end(date, text) to throughline_loop, throughline_reader;
grant execute on function cases.zone_of_place(text, text) to throughline_loop, throughline_reader;

alter table cases.case_record add column time_zone text;

-- What evidence publishes of visits and bookings says where they take place.
create view evidence.booked_place as
select
    a.source,
    a.source_id,
    a.subject_source,
    a.subject_id,
    a.known_seq,
    a.retracted_seq,
    a.location_id
from core.appointment as a
where not a.is_deleted;

revoke all on evidence.booked_place from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.booked_place to throughline_loop, throughline_reader;

comment on function cases.local_day(timestamptz, text) is 'The date of a moment in a time zone. Without one, in the practice''s.';
comment on function cases.day_end(date, text) is 'The first moment after a date in a time zone. Without one, in the practice''s.';
comment on function cases.zone_of_place(text, text) is 'The time zone of a place (location) of a source. Null: it is the practice''s.';

comment on view cases.place_zone is 'Places in another time zone than the practice''s.';
comment on column cases.place_zone.source is 'The system of record, by the name of its definition.';
comment on column cases.place_zone.code is 'The code by which the source names the place, or a part of it: of HL7 v2 the point of care, room or facility.';
comment on column cases.place_zone.zone is 'The time zone of the site that the place belongs to (IANA).';

comment on column cases.case_record.time_zone is 'The time zone (IANA) by which its days and clocks are counted: that of the site where it began, else where the person was last seen or is booked. Null: the practice''s.';

comment on view evidence.booked_place is 'Where an appointment takes place.';

do $$
declare
    meant record;
begin
    for meant in
        select o.attname, col_description(o.attrelid, o.attnum) as meaning
        from pg_attribute as a
        inner join pg_attribute as o on o.attrelid = 'core.appointment'::regclass and o.attname = a.attname
        where a.attrelid = 'evidence.booked_place'::regclass and a.attnum > 0
    loop
        execute format('comment on column evidence.booked_place.%I is %L', meant.attname, meant.meaning);
    end loop;
end
$$;
