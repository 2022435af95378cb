-- reads: core.patient, identity.link, operations.source

-- The records of a person by system, and the ones that may be the person's. Numbers of claims are left out.
select
    l.source,
    coalesce(s.title, l.source) as title,
    l.source_id,
    l.status,
    l.method,
    p.mrn,
    p.family,
    p.given,
    p.birth_date,
    p.sex,
    p.phone,
    p.city,
    p.is_deceased,
    p.language,
    p.interpreter_required,
    p.preferred_contact
from identity.link as l
left join operations.source as s on s.source = l.source
left join core.patient as p
    on p.source = l.source and p.source_id = l.source_id and p.retracted_seq is null and not p.is_deleted
where l.person_id = %(person)s and l.retired_seq is null and l.source <> 'pcn'
order by l.status, coalesce(s.is_chart, false) desc, l.source, l.source_id
limit 200;
