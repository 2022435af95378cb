-- reads: landing.batch, landing.batch_file, landing.file, landing.removed_file, operations.night

-- The deliveries of the last seven nights with their files, the newest first: the numbers that `make decide` takes.
select
    left(b.batch_id::text, 8) as delivery,
    b.source || '/' || b.feed as feed,
    b.business_date,
    b.status,
    b.rows_received as rows,
    left(f.file_id::text, 8) as file,
    f.original_name as name,
    x.row_count as rows_in_file,
    case when x.decision_id is not null then 'rejected' end as decision,
    (
        select 'by retention on ' || to_char(r.removed_at, 'YYYY-MM-DD')
        from landing.removed_file as r
        where r.path = f.path
    ) as bytes_removed
from landing.batch as b
left join landing.batch_file as x on b.batch_id = x.batch_id
left join landing.file as f on x.file_id = f.file_id
where b.known_seq > (select max(n.seq) from operations.night as n) - 7
order by b.known_seq desc, feed, f.original_name;
