-- reads: landing.batch, landing.search

-- How each feed that an export leaves out was last searched, and what that does not see.
with last as (
    select distinct on (s.source, s.feed) s.*
    from landing.search as s
    where s.known_seq <= %(seq)s
    order by s.source, s.feed, s.known_seq desc
)

select
    s.source,
    s.feed,
    s.method,
    s.param,
    s.cannot_see,
    s.left_out
from last as s
-- since then it may have come in another way
where not exists (
    select from landing.batch as b
    where b.source = s.source and b.feed = s.feed and b.known_seq > s.known_seq and b.known_seq <= %(seq)s
)
order by s.source, s.feed;
