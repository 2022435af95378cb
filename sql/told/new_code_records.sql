-- reads: operations.code_seen, operations.exception

-- The codes that an exception about new codes is about, each with the night that brought it first. Of an exception about
-- very many at once, the newest up to then.
select
    c.source,
    c.field,
    c.code,
    c.first_seq
from operations.exception as e
inner join operations.code_seen as c
    on c.source = e.detail ->> 'source' and c.field = e.detail ->> 'field'
where e.exception_id = %(exception_id)s::uuid
    and case
        when e.detail ? 'codes' then c.first_seq <= e.opened_seq
        -- a code that is not shown is known by the id that it gave the exception
        else md5(concat_ws('|', 'exception', 'new_code', c.source, c.field, c.code))::uuid = e.exception_id
    end
order by c.first_seq desc, c.code
limit %(most)s;
