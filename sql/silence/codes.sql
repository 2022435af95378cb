-- reads: coded
-- changes: operations.code_seen, operations.coded_field
-- counts: codes

-- Records codes not seen before (`coded`, see throughline.silence), each with the first night that brought it. A
-- field that was not watched before is read from the beginning (`after` is 0).
delete from operations.code_seen
where first_seq > %(after)s and first_seq <= %(seq)s and field = any(%(fields)s);

-- count: codes
insert into operations.code_seen as c (source, feed, field, code, first_seq)
select n.source, n.feed, n.field, n.code, min(n.known_seq) as first_seq
from coded as n
group by n.source, n.feed, n.field, n.code
on conflict (source, field, code) do update set first_seq = excluded.first_seq
where c.first_seq > excluded.first_seq;

insert into operations.coded_field (field, read_seq)
select f.field, %(seq)s as read_seq
from unnest(%(fields)s::text[]) as f (field)
on conflict do nothing;
