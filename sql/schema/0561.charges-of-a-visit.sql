-- depends: 0560.charges-told-in-parts

-- Which charges are for which visit, where the charge's own record does not say it: told by another system than the
-- visit's, by its number, or told by two.
create table cases.told_charge (
    person_id uuid not null,
    source text not null,
    source_id text not null,
    encounter_source text,
    encounter_id text,
    is_counted boolean not null,
    differs text,
    derived_seq bigint not null,
    primary key (person_id, source, source_id)
);

create index on cases.told_charge (source, source_id);

create index on cases.told_charge (encounter_source, encounter_id) where is_counted;

grant select on cases.told_charge to throughline_loader, throughline_loop, throughline_decider, throughline_reader;
grant insert, delete on cases.told_charge to throughline_loop;

comment on table cases.told_charge is 'Charges that another system tells than that of their visit, or that two systems tell: one row for each record of them.';
comment on column cases.told_charge.person_id is 'The person (identity.person).';
comment on column cases.told_charge.source is 'The system of record, by the name of its definition.';
comment on column cases.told_charge.source_id is 'The id of the charge in its source.';
comment on column cases.told_charge.encounter_source is 'The source of the visit that the charge is for, as cases name the visit. Null: another record tells the charge.';
comment on column cases.told_charge.encounter_id is 'The visit or stay, by its id in the source.';
comment on column cases.told_charge.is_counted is 'Whether this record counts. False: another one tells the same charge and counts.';
comment on column cases.told_charge.differs is 'In what the records of one charge contradict each other, as in cases.same_record. Null: in nothing.';
comment on column cases.told_charge.derived_seq is 'The night that last changed the row.';

-- The charges that a claim of a visit may say: each once, whichever system tells it.
create view cases.visit_charge as
select
    c.source as encounter_source,
    c.encounter_id,
    null::text as differs,
    c.source,
    c.source_id,
    c.known_seq,
    c.retracted_seq,
    c.code,
    c.modifiers,
    c.quantity,
    c.amount,
    c.diagnoses,
    c.performer_id,
    c.occurred_at,
    c.status
from evidence.charge_line as c
where not exists (select from cases.told_charge as t where t.source = c.source and t.source_id = c.source_id)
union all
select
    t.encounter_source,
    t.encounter_id,
    t.differs,
    c.source,
    c.source_id,
    c.known_seq,
    c.retracted_seq,
    c.code,
    c.modifiers,
    c.quantity,
    c.amount,
    c.diagnoses,
    c.performer_id,
    c.occurred_at,
    c.status
from cases.told_charge as t
inner join evidence.charge_line as c on c.source = t.source and c.source_id = t.source_id
where t.is_counted;

revoke all on cases.visit_charge from throughline_loader, throughline_loop, throughline_reader;
grant select on cases.visit_charge to throughline_loop, throughline_decider, throughline_reader;

comment on view cases.visit_charge is 'The charges that a claim of a visit may say, each once, whichever system tells it. Published for the steps behind cases.';
comment on column cases.visit_charge.encounter_source is 'The source of the visit.';
comment on column cases.visit_charge.differs is 'In what the records of one charge contradict each other, as in cases.same_record. Null: in nothing.';
comment on column cases.visit_charge.encounter_id is 'The visit or stay, by its id in the source.';
comment on column cases.visit_charge.source is 'The system of record, by the name of its definition.';
comment on column cases.visit_charge.source_id is 'The id of the charge in its source.';
comment on column cases.visit_charge.known_seq is 'The night in which we learned it (operations.night).';
comment on column cases.visit_charge.retracted_seq is 'The night in which it ceased to stand. Null: it stands.';
comment on column cases.visit_charge.code is 'The service: CPT or HCPCS.';
comment on column cases.visit_charge.modifiers is 'Modifiers of the code, in the order of the source.';
comment on column cases.visit_charge.quantity is 'Units.';
comment on column cases.visit_charge.amount is 'Dollars for the whole line. Null: the price is not said.';
comment on column cases.visit_charge.diagnoses is 'Diagnoses (ICD-10-CM) in the order in which the clinician gave them.';
comment on column cases.visit_charge.performer_id is 'Who rendered the service, by the id in the source.';
comment on column cases.visit_charge.occurred_at is 'When the service was rendered. Null: not said, the time of the visit counts.';
comment on column cases.visit_charge.status is 'As in evidence.charge_line: billable (no claim yet), billed (there is a claim) and the like.';
