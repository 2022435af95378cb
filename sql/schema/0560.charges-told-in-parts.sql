-- depends: 0540.forms-of-work

-- Charges come by HL7 v2 DFT as well, and what was charged is what all transactions of a number say: the charge, its
-- corrections, its credits. They name the number of their visit, by which they find what other systems tell of it.
alter table core.charge_item
add column charge_number text,
add column visit_number text,
add column said jsonb not null default '{}';
alter table staging.charge_item
add column charge_number text,
add column visit_number text,
add column said jsonb not null default '{}';

do $$
declare
    place text;
begin
    foreach place in array array['core.charge_item', 'staging.charge_item'] loop
        execute format('comment on column %s.charge_number is %L', place,
            'The number of the charge that several systems may share (FT1-2, identifier of a ChargeItem).');
        execute format('comment on column %s.visit_number is %L', place,
            'The visit number, where the charge names its visit by it. Null: it names the visit by its id alone.');
        execute format('comment on column %s.said is %L', place,
            'Of a record that messages tell in parts (HL7 v2): by field, the value (x), the version of the newest message'
            ' that says it (v), its delivery (b) and file (f). Empty: the record was said whole.');
    end loop;
end
$$;
