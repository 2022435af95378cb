-- reads: core.patient, identity.link

-- Persons by the beginning of family and given name, in any system. Both are patterns, in lower case.
select distinct l.person_id::text as person_id
from core.patient as p
inner join identity.link as l
    on l.source = p.source and l.source_id = p.source_id and l.status = 'active' and l.retired_seq is null
where p.retracted_seq is null and not p.is_deleted
    and lower(p.family) like %(family)s and lower(coalesce(p.given, '')) like %(given)s
order by person_id
limit %(most)s;
