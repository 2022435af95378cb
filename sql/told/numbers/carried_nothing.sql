-- reads: landing.file

-- Files that could not be read and that the definition of their source says carry nothing: of tonight, and in all.
select
    f.source,
    count(*) filter (where f.closed_seq > %(since)s) as tonight,
    count(*) as so_far
from landing.file as f
where f.status = 'refused' and f.closed_by = 'definition' and f.closed_seq <= %(seq)s
group by f.source
order by f.source;
