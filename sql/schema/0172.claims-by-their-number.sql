-- depends: 0171.feeds-of-a-stage

-- What is known by our control number of a claim is known by it whatever system named it, as a record number is:
-- (pcn, number). It was named after the one clearinghouse that there was.
update evidence.fact
set subject_source = 'pcn', subject_id = substr(subject_id, 5)
where subject_source = 'clearinghouse' and subject_id like 'pcn:%';

update identity.link
set source = 'pcn', source_id = substr(source_id, 5)
where source = 'clearinghouse' and source_id like 'pcn:%';

update identity.identifier
set source = 'pcn', source_id = substr(source_id, 5)
where source = 'clearinghouse' and source_id like 'pcn:%';

-- Decisions stay as they were made. This reads of which record each is, by the names of now.
create view identity.record_decision as
select
    d.decision_id,
    d.kind,
    case when d.about_id like 'clearinghouse|pcn:%' then 'pcn' else split_part(d.about_id, '|', 1) end as source,
    case
        when d.about_id like 'clearinghouse|pcn:%' then substr(d.about_id, 19)
        else substr(d.about_id, strpos(d.about_id, '|') + 1)
    end as source_id,
    d.detail ->> 'person_id' as person_id,
    d.known_seq,
    d.decided_at
from operations.decision as d
where d.about_kind = 'record' and d.kind in ('link', 'unlink');

revoke all on identity.record_decision from throughline_loop, throughline_loader, throughline_reader;

grant select on identity.record_decision to throughline_loop, throughline_reader;

comment on column evidence.fact.subject_source is 'The system of record that knows the patient by subject_id, by the name of its definition; or pcn: then subject_id is our control number of a claim.';
comment on column identity.link.source is 'The system of record, by the name of its definition; or pcn: then source_id is our control number of a claim.';
comment on column identity.link.source_id is 'A patient of the source, or what it names one by: a record number, payer and member number with a bar between, or the control number of a claim.';

comment on view identity.record_decision is 'What named persons decided of a record: that it is a person''s, or is not.';
comment on column identity.record_decision.decision_id is 'The decision (operations.decision).';
comment on column identity.record_decision.kind is 'link: the record is the person''s. unlink: it is not.';
comment on column identity.record_decision.source is 'The system of record, by the name of its definition; or pcn, as in identity.link.';
comment on column identity.record_decision.source_id is 'The record in its source.';
comment on column identity.record_decision.person_id is 'The person (identity.person), as text.';
comment on column identity.record_decision.known_seq is 'The night in which we learned it (operations.night). Null: none took it as an input yet.';
comment on column identity.record_decision.decided_at is 'When it was decided.';
