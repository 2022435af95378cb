-- depends: 0224.not-known-of-files

-- A code on which nothing rests is counted all the same; one of an encounter under way may hide a stay.
alter table evidence.unmapped
    add column rests boolean not null default true,
    add column may_be_stay boolean not null default false;

comment on column evidence.unmapped.rests is 'Whether a fact of the record rests on the code. False: the code is only counted.';
comment on column evidence.unmapped.may_be_stay is 'Whether the record may be a stay that goes on: as long as nobody has mapped the code, the person may be in a facility.';
comment on table evidence.unmapped is 'A record with a code that nobody has mapped: it states no fact that rests on the code, so that is not known. Codes on which nothing rests are here as well, to be counted.';

alter table staging.eligibility_response add column benefit_code text;

alter table core.eligibility_response add column benefit_code text;

comment on column staging.eligibility_response.benefit_code is 'The first benefit information code (EB01) of the answer that is not known. Null: all are.';
comment on column core.eligibility_response.benefit_code is 'The first benefit information code (EB01) of the answer that is not known. Null: all are.';

-- The exception of each code: its own or, if more than twenty codes of a field are not mapped, one for the field.
create view evidence.code_exception as
with moment as (
    select coalesce(nullif(current_setting('throughline.seq', true), '')::bigint, 9223372036854775807) as seq
),

standing as (
    select u.source, u.feed, u.field, u.code, count(*) as records
    from evidence.unmapped as u
    where u.known_seq <= (select m.seq from moment as m)
        and (u.retracted_seq is null or u.retracted_seq > (select m.seq from moment as m))
    group by u.source, u.feed, u.field, u.code
),

counted as (
    select s.source, s.feed, s.field, s.code, s.records, count(*) over (partition by s.source, s.field) > 20 as is_folded
    from standing as s
)

select
    c.source,
    c.feed,
    c.field,
    c.code,
    c.records,
    c.is_folded,
    case
        when c.is_folded then md5(concat_ws('|', 'exception', 'code_not_mapped', 'field', c.source, c.field))
        else md5(concat_ws('|', 'exception', 'code_not_mapped', 'code', c.source, c.field, c.code))
    end::uuid as exception_id
from counted as c;

revoke all on evidence.code_exception from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.code_exception to throughline_loop, throughline_reader;

comment on view evidence.code_exception is 'The exception about each code that nobody has mapped, as of the night whose number is set for the transaction (throughline.seq), else now.';
comment on column evidence.code_exception.source is 'The system of record, by the name of its definition.';
comment on column evidence.code_exception.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.code_exception.field is 'The column that holds the code, as table.column of core.';
comment on column evidence.code_exception.code is 'The code as it was sent (evidence.unmapped).';
comment on column evidence.code_exception.records is 'How many records have it.';
comment on column evidence.code_exception.is_folded is 'Whether it shares one exception with all codes of its field, because they are more than twenty.';
comment on column evidence.code_exception.exception_id is 'The exception (operations.exception).';

-- As before, but for codes on which nothing rests, and with the exception of a whole field.
create or replace view evidence.code_not_known as
with moment as (
    select coalesce(nullif(current_setting('throughline.seq', true), '')::bigint, 9223372036854775807) as seq
)

select distinct
    l.person_id,
    u.source,
    u.feed,
    null::text as payer_id,
    u.from_on,
    u.until_on,
    'code not mapped: ' || u.field as why,
    e.exception_id,
    u.known_seq,
    u.retracted_seq as closed_seq
from evidence.unmapped as u
inner join evidence.code_exception as e on e.source = u.source and e.field = u.field and e.code = u.code
inner join identity.link as l
    on l.source = u.subject_source and l.source_id = u.subject_id and l.status = 'active'
    and l.known_seq <= (select m.seq from moment as m)
    and (l.retired_seq is null or l.retired_seq > (select m.seq from moment as m))
where u.rests
    and u.known_seq <= (select m.seq from moment as m)
    and (u.retracted_seq is null or u.retracted_seq > (select m.seq from moment as m));

-- Persons who may be in a facility now: an encounter of theirs is under way, and nobody has mapped what it is.
create view evidence.possible_stay as
with moment as (
    select coalesce(nullif(current_setting('throughline.seq', true), '')::bigint, 9223372036854775807) as seq
)

select distinct
    l.person_id,
    u.source,
    u.feed,
    u.from_on,
    e.exception_id,
    u.known_seq
from evidence.unmapped as u
inner join evidence.code_exception as e on e.source = u.source and e.field = u.field and e.code = u.code
inner join identity.link as l
    on l.source = u.subject_source and l.source_id = u.subject_id and l.status = 'active'
    and l.known_seq <= (select m.seq from moment as m)
    and (l.retired_seq is null or l.retired_seq > (select m.seq from moment as m))
where u.may_be_stay
    and u.known_seq <= (select m.seq from moment as m)
    and (u.retracted_seq is null or u.retracted_seq > (select m.seq from moment as m));

revoke all on evidence.possible_stay from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.possible_stay to throughline_loop, throughline_reader;

comment on view evidence.possible_stay is 'A person who may be in a facility, because nobody has mapped what an encounter is that goes on, as of the night whose number is set for the transaction (throughline.seq), else now.';
comment on column evidence.possible_stay.person_id is 'The person whose encounter it is.';
comment on column evidence.possible_stay.source is 'The system of record, by the name of its definition.';
comment on column evidence.possible_stay.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.possible_stay.from_on is 'The day on which the encounter began.';
comment on column evidence.possible_stay.exception_id is 'The exception about its code (operations.exception).';
comment on column evidence.possible_stay.known_seq is 'The night in which we learned it (operations.night).';

comment on column core.patient.sex is 'F, M, O (other) or U (unknown); a code that nobody has mapped as it was sent (evidence.unmapped).';
comment on column core.appointment.sex is 'F, M, O (other) or U (unknown); a code that nobody has mapped as it was sent (evidence.unmapped).';
comment on column core.appointment.cancelled_by is 'Who cancelled it: patient, clinic or other, by the map of the source''s definition; a reason that nobody has mapped as it was sent (evidence.unmapped). Null: not cancelled, or without a reason.';
comment on column staging.patient.sex is 'F, M, O (other) or U (unknown); a code that nobody has mapped as it was sent (evidence.unmapped).';
comment on column staging.appointment.sex is 'F, M, O (other) or U (unknown); a code that nobody has mapped as it was sent (evidence.unmapped).';
comment on column staging.appointment.cancelled_by is 'Who cancelled it: patient, clinic or other, by the map of the source''s definition; a reason that nobody has mapped as it was sent (evidence.unmapped). Null: not cancelled, or without a reason.';
