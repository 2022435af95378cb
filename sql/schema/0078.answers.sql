-- depends: 0077.standing-links

-- What a receiver answered later to a request that it had taken, where that ends it: nothing will come of it.
-- Known from the night that asked. A request is answered so once; what became of the others is evidence.
create table tasks.answer (
    transmission_id uuid primary key references tasks.transmission (transmission_id) on delete cascade,
    known_seq bigint not null,
    answer text not null check (answer in ('declined', 'no_slot')),
    asked_at timestamptz not null default clock_timestamp()
);

create index answer_known on tasks.answer (known_seq);
