-- depends: 0011.code-maps

-- Days with the running number of business days: adding n business days is finding number + n.
create table cases.business_day (
    day date primary key,
    number int not null,
    is_business boolean not null
);

create index business_day_number on cases.business_day (number) where is_business;

-- The n-th business day after a day; the first business day after it is day 1.
create function cases.add_business_days(day date, n int) returns date
language sql stable as $$
    select t.day
    from cases.business_day as f
    inner join cases.business_day as t
        on t.number = f.number + add_business_days.n and t.is_business
    where f.day = add_business_days.day
$$;

create table operations.reason (
    reason text primary key,
    owner_team text not null,
    due_days int not null,
    title text not null
);

-- Settings of the practice and its payers that rules read.
create table cases.setting (
    name text not null,
    key text not null default '',
    value text not null,
    primary key (name, key)
);

-- The local day of a moment, and the moment at which a local day ends.
create function cases.local_day(at timestamptz) returns date
language sql stable as $$
    select (at at time zone (select value from cases.setting where name = 'time_zone'))::date
$$;

create function cases.day_end(day date) returns timestamptz
language sql stable as $$
    select (day + 1)::timestamp at time zone (
        select value from cases.setting where name = 'time_zone'
    )
$$;

grant execute on all functions in schema cases to throughline_loop, throughline_reader;
