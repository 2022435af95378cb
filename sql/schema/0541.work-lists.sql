-- depends: 0540.forms-of-work

-- Work that goes out as a list: a file with a row for each thing to do. A row is a transmission with its effect key, as
-- if it went out by itself; the file that carries it is one, too.
alter table operations.role add column work_list jsonb;

alter table tasks.transmission add column in_list boolean not null default false;
alter table tasks.transmission drop constraint transmission_kind_check;
alter table tasks.transmission add constraint transmission_kind_check check (
    kind in ('outreach', 'booking', 'eligibility', 'documentation', 'work_item', 'claim_batch', 'work_list')
);
create trigger row_of_a_list_is_kept before update of in_list on tasks.transmission
for each row execute function operations.refuse('what was to be sent never changes');

create index transmission_in_list on tasks.transmission (target, kind) where in_list;

grant insert (in_list) on tasks.transmission to throughline_loop;

-- What people type of the number of a row: O for 0, I or L for 1, small letters, no hyphens.
create function tasks.folded_number(number text) returns text language sql immutable as $$
    select translate(upper(regexp_replace(folded_number.number, '[^0-9A-Za-z]', '', 'g')), 'OIL', '011')
$$;

grant execute on function tasks.folded_number(text) to throughline_loop, throughline_reader;

create table tasks.list_row (
    list_id uuid not null references tasks.transmission (transmission_id),
    transmission_id uuid not null references tasks.transmission (transmission_id),
    row_no integer not null,
    number text not null,
    is_new boolean not null,
    subject_source text not null,
    subject_id text not null,
    told_name text not null,
    primary key (list_id, transmission_id)
);

create index list_row_transmission on tasks.list_row (transmission_id);
create index list_row_number on tasks.list_row (tasks.folded_number(number));

grant select on tasks.list_row to throughline_loop, throughline_decider, throughline_reader;
grant insert on tasks.list_row to throughline_loop;

create trigger row_is_kept before update or delete on tasks.list_row
for each row execute function operations.refuse('what a list said is never forgotten');

-- What the answers to lists are read with: whose row a number is. The newest list that has it counts.
create view operations.listed as
select distinct on (r.transmission_id)
    tasks.folded_number(r.number) as number,
    r.subject_source,
    r.subject_id,
    r.told_name,
    x.effect_key,
    n.cut_off as listed_at
from tasks.list_row as r
inner join tasks.transmission as x on x.transmission_id = r.transmission_id
inner join tasks.transmission as f on f.transmission_id = r.list_id
inner join operations.night as n on n.seq = f.planned_seq
order by r.transmission_id, f.planned_seq desc, f.attempt desc;

revoke all on operations.listed from throughline_loader, throughline_loop, throughline_reader;
grant select on operations.listed to throughline_loader, throughline_loop, throughline_reader;

-- Patients as a call needs them.
create or replace view identity.patient_record as
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
    p.general_practitioner_id,
    p.phone,
    p.language,
    p.interpreter_required
from core.patient as p
where not p.is_deleted;

do $$
declare
    meant record;
begin
    for meant in
        select a.attname, col_description('core.patient'::regclass, o.attnum) as meaning
        from pg_attribute as a
        inner join pg_attribute as o on o.attrelid = 'core.patient'::regclass and o.attname = a.attname
        where a.attrelid = 'identity.patient_record'::regclass
            and a.attname in ('phone', 'language', 'interpreter_required')
    loop
        execute format('comment on column identity.patient_record.%I is %L', meant.attname, meant.meaning);
    end loop;
end
$$;

comment on column operations.role.work_list is 'Of the form work_list: by which transport (transport) into which folder (folder) the file goes, whether CSV or XLSX (file), who may read it (permissions), the words for outcomes (outcomes), and what patients are to bring (bring, by workflow). Null: another form.';
comment on column tasks.transmission.in_list is 'Whether it goes out as a row of a work list: then it is accepted when a list that has it is in its place.';
comment on table tasks.list_row is 'The rows of the work lists that were made. What a list said never changes.';
comment on column tasks.list_row.list_id is 'The transmission that is the file.';
comment on column tasks.list_row.transmission_id is 'The transmission that is the row.';
comment on column tasks.list_row.row_no is 'Its place in the list, from 1.';
comment on column tasks.list_row.number is 'The number by which its answer is read; the same on each list that has it.';
comment on column tasks.list_row.is_new is 'Whether no list before had it.';
comment on column tasks.list_row.subject_source is 'Which system''s number subject_id is, as in evidence.fact: the chart that the row names its patient by.';
comment on column tasks.list_row.subject_id is 'The patient''s id in subject_source.';
comment on column tasks.list_row.told_name is 'The letters of the patient''s name as the list has it: an answer under this number has to name the same.';
comment on view operations.listed is 'Whose row a number of our work lists is: what their answers are read with.';
comment on column operations.listed.number is 'The number of the row, without what people leave out when they type it.';
comment on column operations.listed.subject_source is 'Which system''s number subject_id is, as in evidence.fact.';
comment on column operations.listed.subject_id is 'The patient''s id in subject_source.';
comment on column operations.listed.told_name is 'The letters of the patient''s name as the newest list has it.';
comment on column operations.listed.effect_key is 'The key of the effect on the outside: what the row asks for.';
comment on column operations.listed.listed_at is 'The cut-off of the night that made the newest list with it.';
comment on function tasks.folded_number(text) is 'The number of a row without what people leave out or mistake when they type it.';
