-- Two patient records of one name, birth date and sex that also share a phone or postal code, and no
-- identifier, may be one human. That is a doubt for a person to settle, not a match.
create temp table w_alike on commit drop as
select distinct
    a.subject_source as source,
    a.subject_id as source_id,
    l.person_id
from w_record as r
inner join core.patient as a
    on a.subject_source = r.source and a.subject_id = r.source_id
    and a.retracted_seq is null and not a.is_deleted and a.replaced_by is null
inner join core.patient as b
    on lower(b.family) = lower(a.family)
    and b.birth_date = a.birth_date
    and lower(b.given) = lower(a.given)
    and b.sex is not distinct from a.sex
    and (b.source, b.source_id) <> (a.source, a.source_id)
    and b.retracted_seq is null and not b.is_deleted and b.replaced_by is null
    and (b.phone = a.phone or b.postal_code = a.postal_code)
inner join identity.link as l
    on l.source = b.subject_source and l.source_id = b.subject_id
    and l.status = 'active' and l.retired_seq is null
inner join identity.link as own
    on own.source = a.subject_source and own.source_id = a.subject_id
    and own.status = 'active' and own.retired_seq is null
where l.person_id <> own.person_id
    and not exists (
        select from operations.decision as d
        where d.kind = 'unlink' and d.about_kind = 'record' and d.known_seq <= %(seq)s
            and d.about_id = a.subject_source || '|' || a.subject_id
            and d.detail ->> 'person_id' = l.person_id::text
    );

insert into identity.link (source, source_id, person_id, method, score, status, known_seq)
select w.source, w.source_id, w.person_id, 'same name, birth date, sex and one more', 0.5, 'doubt', %(seq)s
from w_alike as w
where not exists (
    select from identity.link as l
    where (l.source, l.source_id, l.person_id) = (w.source, w.source_id, w.person_id)
        and l.status = 'doubt' and l.retired_seq is null
);
