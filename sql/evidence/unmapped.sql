-- reads: coded, w_unknown_code
-- changes: evidence.unmapped
-- counts: unmapped

-- Writes down the records of a night whose code is not mapped (`coded`, see throughline.evidence.unmapped), and whether
-- anything rests on it.
-- count: unmapped
insert into evidence.unmapped (
    source, feed, source_ref, source_version, subject_source, subject_id, field, code_system, code, from_on,
    until_on, rests, may_be_stay, known_seq
)
select
    c.source,
    c.feed,
    c.source_ref,
    c.source_version,
    c.subject_source,
    c.subject_id,
    c.field,
    c.code_system,
    c.code,
    c.from_on,
    c.until_on,
    c.rests,
    c.may_be_stay,
    c.known_seq
from coded as c
inner join w_unknown_code as u on u.source = c.source and u.field = c.field and u.code = c.code
on conflict do nothing;
