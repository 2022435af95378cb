-- depends: 0145.meaning-of-operations

-- What identity and evidence publish of the typed records, for the steps behind them: the columns that those may rely
-- on, of what was not deleted. As in core, a version stands while its retracted_seq is null, and stood on night n
-- when known_seq <= n and it was not retracted by n. Plain selects: the planner reads through them.

create view identity.patient_record as
select
    p.source,
    p.source_id,
    p.known_seq,
    p.retracted_seq,
    p.mrn,
    p.family,
    p.given,
    p.birth_date,
    p.sex,
    p.address_line,
    p.city,
    p.state,
    p.postal_code,
    p.is_active,
    p.replaced_by,
    p.general_practitioner_id
from core.patient as p
where not p.is_deleted;

create view evidence.practitioner as
select
    d.source,
    d.source_id,
    d.known_seq,
    d.retracted_seq,
    d.npi,
    d.family,
    d.given,
    d.taxonomy_code,
    d.is_billable
from core.practitioner as d
where not d.is_deleted;

create view evidence.coverage as
select
    c.source,
    c.source_id,
    c.subject_source,
    c.subject_id,
    c.known_seq,
    c.retracted_seq,
    c.payer_id,
    c.payer_name,
    c.member_id,
    c.starts_on,
    c.ends_on,
    c.coverage_order
from core.coverage as c
where not c.is_deleted;

create view evidence.visit as
select
    e.source,
    e.source_id,
    e.subject_source,
    e.subject_id,
    e.known_seq,
    e.retracted_seq,
    e.starts_at,
    e.service_provider_id,
    e.location_id
from core.encounter as e
where not e.is_deleted;

create view evidence.billing_provider as
select
    o.source,
    o.source_id,
    o.known_seq,
    o.retracted_seq,
    o.npi,
    o.tax_id,
    o.name,
    o.address_line,
    o.city,
    o.state,
    o.postal_code,
    o.taxonomy_code
from core.organization as o
where not o.is_deleted;

create view evidence.service_location as
select
    h.source,
    h.source_id,
    h.known_seq,
    h.retracted_seq,
    h.place_of_service
from core.location as h
where not h.is_deleted;

-- What the clinician charged and did not mark as nothing to bill: the lines that a claim may say.
create view evidence.charge_line as
select
    c.source,
    c.source_id,
    c.encounter_id,
    c.known_seq,
    c.retracted_seq,
    c.code,
    c.modifiers,
    c.quantity,
    c.amount,
    c.diagnoses,
    c.performer_id,
    c.occurred_at
from core.charge_item as c
where not c.is_deleted
    and c.status in ('billable', 'billed', 'planned')
    and c.code is not null
    and c.no_charge_reason is null
    and not coalesce(c.is_self_pay_restricted, false);

-- A view that selects from one table could be written through, with the rights of its owner.
revoke all on identity.patient_record, evidence.practitioner, evidence.coverage, evidence.visit,
evidence.billing_provider, evidence.service_location, evidence.charge_line, cases.setting,
operations.feed_freshness from throughline_loop, throughline_loader, throughline_reader;
grant select on identity.patient_record, evidence.practitioner, evidence.coverage, evidence.visit,
evidence.billing_provider, evidence.service_location, evidence.charge_line, cases.setting,
operations.feed_freshness to throughline_loop, throughline_reader;
grant select on operations.feed_freshness to throughline_loader;

comment on view identity.patient_record is 'Patients as the systems know them, of what was not deleted. Published for the steps behind identity.';
comment on view evidence.practitioner is 'Practitioners, of what was not deleted. Published for the steps behind evidence.';
comment on view evidence.coverage is 'Coverages, of what was not deleted. Published for the steps behind evidence.';
comment on view evidence.visit is 'Visits and stays, of what was not deleted. Published for the steps behind evidence.';
comment on view evidence.billing_provider is 'Organizations that bill, of what was not deleted. Published for the steps behind evidence.';
comment on view evidence.service_location is 'Where services are rendered, of what was not deleted. Published for the steps behind evidence.';
comment on view evidence.charge_line is 'The lines of the clinician''s own charge that a claim may say: not deleted, with a code, not marked as nothing to bill, and not kept from the payer by the patient. Published for the steps behind evidence.';

-- They say of their columns what the typed records say.
do $$
declare
    meant record;
begin
    for meant in
        select v.oid::regclass as view_name, a.attname, col_description(c.oid, o.attnum) as meaning
        from (values
            ('identity.patient_record', 'core.patient'),
            ('evidence.practitioner', 'core.practitioner'),
            ('evidence.coverage', 'core.coverage'),
            ('evidence.visit', 'core.encounter'),
            ('evidence.billing_provider', 'core.organization'),
            ('evidence.service_location', 'core.location'),
            ('evidence.charge_line', 'core.charge_item')
        ) as p (view_name, table_name)
        inner join pg_class as v on v.oid = p.view_name::regclass
        inner join pg_class as c on c.oid = p.table_name::regclass
        inner join pg_attribute as a on a.attrelid = v.oid and a.attnum > 0
        inner join pg_attribute as o on o.attrelid = c.oid and o.attname = a.attname
    loop
        execute format('comment on column %s.%I is %L', meant.view_name, meant.attname, meant.meaning);
    end loop;
end
$$;
