-- reads: operations.step

-- Seconds, rows and ends of the night's steps, in the order in which they began.
select
    s.step,
    count(*) as parts,
    count(*) filter (where s.status = 'failed') as failed,
    count(*) filter (where s.status = 'running') as running,
    coalesce(sum(s.seconds), 0) as seconds,
    coalesce(sum(s.row_count), 0)::bigint as row_count,
    min(s.started_at) as started_at,
    string_agg(distinct s.detail ->> 'error', ', ') filter (where s.status = 'failed') as error
from operations.step as s
where s.seq = %(seq)s
group by s.step
order by started_at, s.step;
