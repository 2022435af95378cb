-- reads: counted_record, landing.batch, landing.batch_file, landing.file, quality.quarantine, scope_batch

-- counts_do_not_balance: A delivery's rows are not all in exactly one place.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source || '/' || b.feed || ': ' || b.rows_received || ' received' as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
where
    b.rows_received
    <> b.rows_loaded + b.rows_superseded + b.rows_quarantined + b.rows_rejected + b.rows_pending;

-- files_hold_other_counts: The rows in a delivery's files do not add up to the rows received.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.rows_received || ' received, ' || sum(f.row_count) || ' in its files' as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
inner join landing.batch_file as f on f.batch_id = b.batch_id
group by b.batch_id
having sum(f.row_count) <> b.rows_received;

-- quarantine_holds_other_counts: The number of rows set aside differs from the rows in quarantine.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.rows_quarantined || ' counted, ' || count(distinct concat(q.file_id, '#', q.row_no))
    filter (where q.row_no is not null) || ' kept' as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
left join quality.quarantine as q on q.batch_id = b.batch_id and q.status in ('open', 'corrected')
where b.status in ('loaded', 'rejected', 'replaced')
group by b.batch_id
having
    b.rows_quarantined
    <> count(distinct concat(q.file_id, '#', q.row_no)) filter (where q.row_no is not null);

-- records_hold_other_counts: The number of typed records differs from the delivery's rows loaded. For one
-- night, only what that night received is counted, through the index on known_seq. `counted_record` holds the
-- records that the catalogue of feeds counts as rows: see throughline.proven.invariants.
with counted as (
    select
        batch_id,
        count(*) as held
    from counted_record
    where %(seq)s::bigint is null or known_seq = %(seq)s::bigint
    group by batch_id
)

select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source || '/' || b.feed || ': ' || b.rows_loaded || ' counted, ' || coalesce(c.held, 0) || ' held' as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
left join counted as c on c.batch_id = b.batch_id
where
    b.status = 'loaded'
    and (%(seq)s::bigint is null or (b.known_seq = %(seq)s::bigint and b.loaded_seq = %(seq)s::bigint))
    and b.rows_loaded <> coalesce(c.held, 0);

-- file_in_no_delivery: A file was landed and belongs to no delivery.
select
    'file' as about_kind,
    f.file_id::text as about_id,
    f.source as detail
from landing.file as f
where
    (%(seq)s::bigint is null or f.known_seq = %(seq)s::bigint)
    and f.status = 'landed'
    and not exists (select from landing.batch_file as b where b.file_id = f.file_id);
