-- reads: core.patient, identity.link

-- Persons by a telephone number: its digits, with or without area and country code. The shorter one ends the longer.
select distinct l.person_id::text as person_id
from core.patient as p
inner join identity.link as l
    on l.source = p.source and l.source_id = p.source_id and l.status = 'active' and l.retired_seq is null
where "right"(p.phone, 7) = "right"(%(number)s, 7) and p.retracted_seq is null and not p.is_deleted
    and (starts_with(reverse(p.phone), reverse(%(number)s)) or starts_with(reverse(%(number)s), reverse(p.phone)))
order by person_id
limit %(most)s;
