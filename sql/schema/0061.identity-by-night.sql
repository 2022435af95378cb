-- depends: 0060.statistics

-- What a night decided is found by its number when it is run again, whatever the number of persons.
create index identifier_known on identity.identifier (known_seq);
create index identifier_retired on identity.identifier (retired_seq) where retired_seq is not null;
create index person_known on identity.person (known_seq);
