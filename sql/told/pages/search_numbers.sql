-- reads: core.coverage, core.patient, identity.link, operations.source

-- Persons by a number that a system gave them: record number, member number, control number of a claim.
select l.person_id::text as person_id
from (
    select s.source from operations.source as s
    union all
    select 'pcn'
) as n
inner join identity.link as l on l.source = n.source and l.source_id = any(%(numbers)s)
where l.status = 'active' and l.retired_seq is null
union
select l.person_id::text
from core.patient as p
inner join identity.link as l
    on l.source = p.source and l.source_id = p.source_id and l.status = 'active' and l.retired_seq is null
where p.mrn = any(%(numbers)s) and p.retracted_seq is null and not p.is_deleted
union
select l.person_id::text
from core.coverage as v
inner join identity.link as l
    on l.source = v.subject_source and l.source_id = v.subject_id and l.status = 'active' and l.retired_seq is null
where v.member_id = any(%(numbers)s) and v.retracted_seq is null and not v.is_deleted
order by person_id
limit %(most)s;
