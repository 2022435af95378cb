-- reads: evidence.code_exception, evidence.unmapped

-- The newest records that stand with a code that nobody has mapped, of one exception.
select
    u.source,
    u.source_ref,
    u.source_version
from evidence.code_exception as e
inner join evidence.unmapped as u on u.source = e.source and u.field = e.field and u.code = e.code
where e.exception_id = %(exception_id)s::uuid and u.retracted_seq is null
order by u.known_seq desc, u.source_ref
limit %(most)s;
