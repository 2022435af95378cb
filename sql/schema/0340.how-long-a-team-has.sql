-- depends: 0321.who-is-asked

-- How long a question waits for its team before the lead is told, so that a check can ask whether that happened.
create table operations.team_wait (
    team text primary key,
    lead_after_days integer not null check (lead_after_days > 0)
);

grant select, insert, delete on operations.team_wait to throughline_loop;
grant select on operations.team_wait to throughline_reader;

comment on table operations.team_wait is 'How long a question waits for its team before the lead is told (teams.yaml). Written again by each night.';
comment on column operations.team_wait.team is 'The team''s name.';
comment on column operations.team_wait.lead_after_days is 'Business days from the morning on which the question was asked.';
