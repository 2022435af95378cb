-- reads: cases.same_record, w_fact, w_named_visit, w_person, w_same
-- changes: cases.told_charge

-- Which charges are for which visit, for the claims that are made of them. Most charges are told by their visit's own
-- chart alone, and need no row: nothing is written as long as no charge is told by two systems, or by another one than
-- the visit.
delete from cases.told_charge as k using w_person as w where k.person_id = w.person_id;

insert into cases.told_charge (
    person_id, source, source_id, encounter_source, encounter_id, is_counted, differs, derived_seq
)
with charge as (
    select f.person_id, f.source, f.identifiers ->> 'charge' as source_id, f.identifiers ->> 'encounter' as visit, f.encounter
    from w_fact as f
    where f.kind = 'charge'
        and (exists (select from w_same) or exists (select from w_named_visit))
)

select
    c.person_id, c.source, c.source_id, evidence.source_of_visit(c.encounter), evidence.id_of_visit(c.encounter),
    true, k.differs, %(seq)s
from charge as c
left join w_named_visit as n on n.person_id = c.person_id and n.source = c.source and n.id = c.visit
left join w_same as v
    on v.person_id = c.person_id and v.source = c.source and v.source_ref = 'encounter/' || c.visit
left join w_same as m
    on m.person_id = c.person_id and m.source = c.source and m.source_ref = 'charge_item/' || c.source_id
left join cases.same_record as k
    on k.person_id = c.person_id and k.source = c.source and k.source_ref = 'charge_item/' || c.source_id
where
    -- a visit that only one's own record names is one's own
    (n.name is not null or v.name is not null or (m.ref is not null and c.encounter is not null))
    and (
        m.ref is not null
        or evidence.source_of_visit(c.encounter) is distinct from c.source
        or evidence.id_of_visit(c.encounter) is distinct from c.visit
    )
union all
select
    s.person_id, s.source, substr(s.source_ref, strpos(s.source_ref, '/') + 1), null, null, false, null, %(seq)s
from w_same as s
where s.record = 'charge_item'
    and not exists (
        select from charge as c
        where c.person_id = s.person_id and c.source = s.source and 'charge_item/' || c.source_id = s.source_ref
    );
