-- depends: 0031.claims-again

-- Dates that come without a time are days of the practice: they begin at its midnight, so that going
-- back from the moment to the day gives the same day.
create function evidence.day_start(day date) returns timestamptz
language sql stable as $$
    select day_start.day::timestamp at time zone (
        select value from cases.setting where name = 'time_zone'
    )
$$;

grant execute on function evidence.day_start(date) to throughline_loop, throughline_reader;

-- Whoever was merged into a record is found when that record changes.
create index patient_replaced on core.patient (source, replaced_by)
where replaced_by is not null and retracted_seq is null;

-- Visits, charges and bookings wait for the record of their practitioner, whichever comes first.
create index fact_practitioner on evidence.fact ((detail ->> 'practitioner_id'))
where kind in ('visit', 'charge', 'booking', 'arrived');

-- Cases that wait for a feed are looked at every night, and only they.
create index case_waiting on cases.case_record (person_id)
where status = 'open' and waits_on_feeds <> '{}';
