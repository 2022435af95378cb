-- depends: 0010.payment-notice

-- What the codes of the systems of record mean to us; written from include/definitions/codes.yaml
-- and payers.yaml when a night begins. A map is tried with the code's system, then without.
create table evidence.code_map (
    map text not null,
    system text not null default '',
    code text not null,
    value text not null,
    primary key (map, system, code)
);

create function evidence.mapped(map text, system text, code text) returns text
language sql stable as $$
    select m.value
    from evidence.code_map as m
    where m.map = mapped.map
        and m.code = mapped.code
        and m.system in (coalesce(mapped.system, ''), '')
    order by m.system desc
    limit 1
$$;

-- The payer class of a coverage: by the payer's id, else its SOPT type, else its claim filing code.
create function evidence.payer_class(type_code text, filing_code text, payer_id text) returns text
language sql stable as $$
    select coalesce(
        evidence.mapped('payer_class_by_payer', null, payer_class.payer_id),
        evidence.mapped('payer_class_by_type', null, payer_class.type_code),
        evidence.mapped('payer_class_by_type', null, left(payer_class.type_code, 3)),
        evidence.mapped('payer_class_by_type', null, left(payer_class.type_code, 2)),
        evidence.mapped('payer_class_by_type', null, left(payer_class.type_code, 1)),
        evidence.mapped('payer_class_by_filing', null, payer_class.filing_code),
        'other'
    )
$$;

-- The kind of facility of a stay; null for visits that are no stay.
create function evidence.facility_class(class_code text, type_code text) returns text
language sql stable as $$
    select coalesce(
        evidence.mapped('facility_by_type', null, facility_class.type_code),
        evidence.mapped('facility_by_class', null, facility_class.class_code)
    )
$$;

grant execute on all functions in schema evidence to throughline_loop, throughline_reader;

-- Doubts are looked for among people of one name and birth date.
create index patient_alike on core.patient (birth_date, lower(family)) where retracted_seq is null;
