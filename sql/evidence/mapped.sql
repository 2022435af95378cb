-- reads: evidence.known_code, evidence.unmapped
-- makes: w_mapped
-- changes: evidence.unmapped
-- counts: mapped

-- Codes that a definition maps since tonight. What rests on them is known from this night on, without the source
-- sending the records again. A source's own entry outranks what is known of every source, and an equal code a folded one.
-- count: mapped
create temp table w_mapped on commit drop as
select
    u.source,
    u.source_ref,
    u.source_version,
    u.field,
    u.known_seq,
    k.word
from evidence.unmapped as u
cross join lateral (
    select o.word
    from evidence.known_code as o
    where o.field = u.field
        and o.source in (u.source, '')
        and (o.code = u.code or o.folded = lower(regexp_replace(u.code, '[^[:alnum:]<>*]', '', 'g')))
    order by o.source desc, o.code = u.code desc, o.code
    limit 1
) as k
where u.retracted_seq is null and u.known_seq < %(seq)s;

update evidence.unmapped as u
set retracted_seq = %(seq)s
from w_mapped as m
where u.source = m.source and u.source_ref = m.source_ref and u.source_version = m.source_version
    and u.field = m.field and u.known_seq = m.known_seq;
