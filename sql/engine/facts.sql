-- reads: e_version, e_version_coding, e_version_link
-- makes: e_fact, e_coding, e_link

-- The facts that stand tonight: of each record and kind the newest version that is known and not retracted, numbered
-- in the person's order (10), so that no tie is ever open.

create temp table e_fact on commit drop as
with newest as (
    select distinct on (v.person_id, v.source, v.reference, v.kind) v.*
    from e_version as v
    where v.known_seq <= %(seq)s and (v.retracted_seq is null or v.retracted_seq > %(seq)s)
    order by v.person_id, v.source, v.reference, v.kind, v.known_seq desc, v.version desc
),

ordered as (
    select n.*, coalesce(t.first_at, '-infinity') as order_at
    from newest as n
    cross join lateral (
        select
            case
                when num_nonnulls(n.occurred_at, n.occurred_on) = 1
                    then coalesce(n.occurred_at, n.occurred_on::timestamp at time zone %(zone)s)
                when num_nonnulls(n.starts_at, n.starts_on) = 1
                    then coalesce(n.starts_at, n.starts_on::timestamp at time zone %(zone)s)
                when num_nonnulls(n.issued_at, n.issued_on) = 1
                    then coalesce(n.issued_at, n.issued_on::timestamp at time zone %(zone)s)
                when num_nonnulls(n.collected_at, n.collected_on) = 1
                    then coalesce(n.collected_at, n.collected_on::timestamp at time zone %(zone)s)
                else coalesce(n.ends_at, n.ends_on::timestamp at time zone %(zone)s)
            end as first_at
    ) as t
)

select
    row_number() over w as fact_no,
    (row_number() over w)::double precision as position,
    o.*
from ordered as o
window w as (order by o.person_id, o.order_at, o.kind collate "C", o.source, o.reference, o.version);

create index on e_fact (fact_no);

create index on e_fact (person_id, kind);

create index on e_fact (version_no);

create temp table e_coding on commit drop as
select f.fact_no, c.system, c.code
from e_fact as f
inner join e_version_coding as c on c.version_no = f.version_no;

create index on e_coding (fact_no);

create temp table e_link on commit drop as
select f.fact_no, l.slot, l.namespace, l.id, l.link_key
from e_fact as f
inner join e_version_link as l on l.version_no = f.version_no;

create index on e_link (fact_no, slot);

analyze e_fact;

analyze e_coding;

analyze e_link;
