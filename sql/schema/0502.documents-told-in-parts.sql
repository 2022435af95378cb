-- depends: 0521.calls-recorded-by-hand

-- Documents come by HL7 v2 MDM as well, in parts as visits do. They name their number and the number of their visit,
-- by which they find what other systems tell of both.
alter table core.document_reference
add column document_number text,
add column visit_number text,
add column said jsonb not null default '{}';
alter table staging.document_reference
add column document_number text,
add column visit_number text,
add column said jsonb not null default '{}';

do $$
declare
    place text;
begin
    foreach place in array array['core.document_reference', 'staging.document_reference'] loop
        execute format('comment on column %s.document_number is %L', place,
            'The number of the document that several systems may share (masterIdentifier, TXA-12).');
        execute format('comment on column %s.visit_number is %L', place,
            'The visit number, where the document names its visit by it. Null: it names the visit by its id alone.');
        execute format('comment on column %s.said is %L', place,
            'Of a record that messages tell in parts (HL7 v2): by field, the value (x), the version of the newest message'
            ' that says it (v), its delivery (b) and file (f). Empty: the record was said whole.');
    end loop;
end
$$;
