-- reads: core.patient, identity.link

-- Persons by the beginning of family and given name, in any system. Both are patterns of core.name_key. A beginning of two
-- letters fits very many: some of their records are enough for a list that says that there are more.
select distinct l.person_id::text as person_id
from (
    select m.source, m.source_id
    from core.patient as m
    where m.retracted_seq is null and not m.is_deleted
        and core.name_key(m.family) like %(family)s
        and (%(given)s = '%%' or core.name_key(m.given) like %(given)s)
    limit %(records)s -- noqa: AM09
) as p
inner join identity.link as l
    on l.source = p.source and l.source_id = p.source_id and l.status = 'active' and l.retired_seq is null
order by person_id
limit %(most)s;
