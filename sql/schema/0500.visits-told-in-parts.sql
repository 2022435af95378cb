-- depends: 0520.what-opened-no-case

-- A message of HL7 v2 says only some fields of a visit or a person. The record keeps, for each field, the message
-- that it rests on: messages that come late, and files that are taken back, find their place by it. A constant
-- default rewrites neither table.
alter table core.encounter add column said jsonb not null default '{}';
alter table staging.encounter add column said jsonb not null default '{}';
alter table core.patient add column said jsonb not null default '{}';
alter table staging.patient add column said jsonb not null default '{}';

do $$
declare
    place text;
begin
    foreach place in array array['core.encounter', 'staging.encounter', 'core.patient', 'staging.patient'] loop
        execute format(
            'comment on column %s.said is %L',
            place,
            'Of a record that messages tell in parts (HL7 v2): by field, the value (x), the version of the newest message'
            ' that says it (v), its delivery (b) and file (f). Empty: the record was said whole.'
        );
    end loop;
end
$$;
