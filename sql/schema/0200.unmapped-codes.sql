-- depends: 0177.rejected-deliveries

-- The codes of each field that are known, and the word that records keep for them; written when a night begins from
-- the catalogue, the code maps and the definitions of the sources (`conventions.codes`). Source '': every source.
create table evidence.known_code (
    source text not null default '',
    field text not null,
    code text not null,
    folded text not null,
    word text not null,
    primary key (field, source, code)
);

create index known_code_folded on evidence.known_code (field, folded);

-- Records whose code nobody has mapped: they state no fact that rests on it.
create table evidence.unmapped (
    source text not null,
    feed text not null,
    source_ref text not null,
    source_version text not null,
    subject_source text,
    subject_id text,
    field text not null,
    code_system text,
    code text not null,
    from_on date,
    until_on date,
    known_seq bigint not null,
    retracted_seq bigint,
    primary key (source, source_ref, source_version, field, known_seq)
);

create index unmapped_known on evidence.unmapped (known_seq);

create index unmapped_retracted on evidence.unmapped (retracted_seq) where retracted_seq is not null;

create index unmapped_standing on evidence.unmapped (source, field, code) where retracted_seq is null;

create index unmapped_subject on evidence.unmapped (subject_source, subject_id);

comment on table evidence.known_code is 'A code of a field that is known, and the word that records keep for it.';
comment on column evidence.known_code.source is 'The system of record, by the name of its definition, which maps the code. Empty: it is known of every system.';
comment on column evidence.known_code.field is 'The column that holds the code, as table.column of core.';
comment on column evidence.known_code.code is 'The code, or a text that may stand beside one.';
comment on column evidence.known_code.folded is 'The code without case, blanks and punctuation.';
comment on column evidence.known_code.word is 'What records keep for it: a code of the field''s list or map.';

comment on table evidence.unmapped is 'A record with a code that nobody has mapped: it states no fact that rests on the code, so that is not known.';
comment on column evidence.unmapped.source is 'The system of record, by the name of its definition.';
comment on column evidence.unmapped.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.unmapped.source_ref is 'The record, as table/id.';
comment on column evidence.unmapped.source_version is 'The version of the record.';
comment on column evidence.unmapped.subject_source is 'Which system''s number subject_id is, as in evidence.fact. Null: the record names nobody.';
comment on column evidence.unmapped.subject_id is 'The patient or the claim that the record names. Null: nobody.';
comment on column evidence.unmapped.field is 'The column that holds the code, as table.column of core.';
comment on column evidence.unmapped.code_system is 'The code system that the source named. Null: none, or the field has none.';
comment on column evidence.unmapped.code is 'The code as it was sent; a concept with only a text has a digest of it.';
comment on column evidence.unmapped.from_on is 'The first day that the record is about. Null: any day.';
comment on column evidence.unmapped.until_on is 'The last day that the record is about. Null: any day.';
comment on column evidence.unmapped.known_seq is 'The night in which we learned it (operations.night).';
comment on column evidence.unmapped.retracted_seq is 'The night in which it ceased to stand (operations.night): the code was mapped, or the record replaced or taken back. Null: it stands.';

-- Codes that are a patient's name or number: a column of a damaged record may hold one.
create view evidence.personal_code as
select u.code
from (select distinct a.code from evidence.unmapped as a where a.retracted_seq is null) as u
where exists (
    select from core.patient as p
    where p.retracted_seq is null
        and lower(u.code) in (
            lower(p.family), lower(p.given), lower(p.mrn), lower(p.source_id), p.phone,
            p.postal_code, p.birth_date::text, to_char(p.birth_date, 'YYYYMMDD')
        )
);

revoke all on evidence.personal_code from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.personal_code to throughline_loop;

comment on view evidence.personal_code is 'A code that nobody has mapped and that is a patient''s name or number: it is not shown.';
comment on column evidence.personal_code.code is 'The code (evidence.unmapped).';

-- What is not known, and of whom, because of codes that nobody has mapped, as evidence.not_known says it.
create view evidence.code_not_known as
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
    md5(concat_ws('|', 'exception', 'code_not_mapped', 'code', u.source, u.field, u.code))::uuid as exception_id,
    u.known_seq,
    u.retracted_seq as closed_seq
from evidence.unmapped as u
inner join identity.link as l
    on l.source = u.subject_source and l.source_id = u.subject_id and l.status = 'active'
    and l.known_seq <= (select m.seq from moment as m)
    and (l.retired_seq is null or l.retired_seq > (select m.seq from moment as m))
where u.known_seq <= (select m.seq from moment as m)
    and (u.retracted_seq is null or u.retracted_seq > (select m.seq from moment as m));

revoke all on evidence.code_not_known from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.code_not_known to throughline_loop, throughline_reader;

comment on view evidence.code_not_known is 'What is not known, and of whom, because nobody has mapped a code, as of the night whose number is set for the transaction (throughline.seq), else now.';
comment on column evidence.code_not_known.person_id is 'The person whose record it is.';
comment on column evidence.code_not_known.source is 'The system of record, by the name of its definition.';
comment on column evidence.code_not_known.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.code_not_known.payer_id is 'Only payments of this payer. Null: no such limit.';
comment on column evidence.code_not_known.from_on is 'The first day that it may be about. Null: any day.';
comment on column evidence.code_not_known.until_on is 'The last day that it may be about. Null: any day.';
comment on column evidence.code_not_known.why is 'The field whose code is not mapped.';
comment on column evidence.code_not_known.exception_id is 'The exception on which the stages wait that rest on it (operations.exception).';
comment on column evidence.code_not_known.known_seq is 'The night in which we learned it (operations.night): that it is not known, from then on.';
comment on column evidence.code_not_known.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';
