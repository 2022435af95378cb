-- reads: evidence.known_code, said
-- makes: w_unknown_code
-- counts: unknown_codes

-- Codes of tonight's records (`said`, see throughline.evidence.unmapped) that nobody has mapped.
-- count: unknown_codes
create temp table w_unknown_code on commit drop as
select distinct s.source, s.field, s.code
from said as s
where s.code <> ''
    and not exists (select from evidence.known_code as k where k.field = s.field and k.word = s.code)
    and not (
        s.by_prefix
        and exists (
            select from evidence.known_code as k
            where k.field = s.field and starts_with(s.code, k.word)
        )
    );
