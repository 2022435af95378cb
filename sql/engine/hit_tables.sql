-- reads: r_named_fact
-- makes: e_asked_kind, e_described, e_version_hit, e_hit, e_hit_code

-- What named facts mean, whoever names them: versions of records that are what they say, and standing facts with their
-- times ready.

create temp table e_asked_kind on commit drop as
select n.named_fact_id, k.kind
from r_named_fact as n
cross join lateral unnest(n.kinds) as k (kind);

analyze e_asked_kind;

create temp table e_described (
    named_fact_id int,
    version_no bigint,
    how smallint
) on commit drop;

create index on e_described (version_no);

create temp table e_version_hit (
    named_fact_id int,
    person_id uuid,
    source text collate "C",
    reference text collate "C",
    known_seq bigint,
    known_at timestamptz
) on commit drop;

create index on e_version_hit (person_id, reference);

create temp table e_hit (
    named_fact_id int,
    person_id uuid,
    fact_no bigint,
    position double precision,
    how smallint,
    kind text,
    source text collate "C",
    reference text collate "C",
    has_time boolean,
    time_at timestamptz,
    time_on date,
    until_at timestamptz,
    until_on date,
    moment_at timestamptz,
    moment_on date,
    made_at timestamptz,
    made_on date
) on commit drop;

create index on e_hit (named_fact_id, person_id);

create temp table e_hit_code (
    named_fact_id int,
    fact_no bigint,
    system text collate "C",
    code text collate "C"
) on commit drop;

create index on e_hit_code (named_fact_id, fact_no);
