-- depends: 0062.links-in-doubt

-- How much of a charge each class of payers is expected to allow, from a night on: what a share was on an
-- earlier night stays, so that the night computes to what it was. Null: a class that is not named any more.
create table cases.allowed_share (
    payer_class text not null,
    known_seq bigint not null,
    share numeric(5, 4) check (share >= 0 and share <= 1),
    primary key (payer_class, known_seq)
);
