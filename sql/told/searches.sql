-- reads: landing.search

-- How each feed that an export leaves out was last searched, and what that does not see.
select distinct on (source, feed)
    source || '/' || feed as about,
    method,
    param,
    cannot_see,
    left_out
from landing.search
order by source, feed, known_seq desc
