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

-- files_hold_other_counts: The files of a delivery hold other numbers of rows than were received.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.rows_received || ' received, ' || sum(f.row_count) || ' in its files' as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
inner join landing.batch_file as f on f.batch_id = b.batch_id
group by b.batch_id
having sum(f.row_count) <> b.rows_received;

-- quarantine_holds_other_counts: The rows set aside are not those that are kept in quarantine.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.rows_quarantined || ' counted, ' || count(distinct concat(q.file_id, '#', q.row_no))
    filter (where q.row_no is not null) || ' kept' as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
left join quality.quarantine as q on q.batch_id = b.batch_id and q.status = 'open'
where b.status <> 'refused'
group by b.batch_id
having
    b.rows_quarantined
    <> count(distinct concat(q.file_id, '#', q.row_no)) filter (where q.row_no is not null);

-- records_hold_other_counts: The typed records are not as many as the delivery says were loaded.
with loading as (
    select
        b.batch_id,
        b.loaded_seq as seq
    from scope_batch as x
    inner join landing.batch as b on b.batch_id = x.batch_id
    where b.loaded_seq is not null
    union
    select
        q.batch_id,
        q.closed_seq as seq
    from scope_batch as x
    inner join quality.quarantine as q on q.batch_id = x.batch_id
    where q.status = 'released' and q.closed_seq is not null
),

records as (
    select batch_id from loading inner join core.patient as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.coverage as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.consent as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.encounter as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.condition as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.procedure as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.document_reference as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.communication as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.task as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.charge_item as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.practitioner as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.organization as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.location as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.appointment as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.claim as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.claim_response as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.functional_acknowledgement as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.eligibility_response as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.payment as r using (batch_id) where r.known_seq = seq
    union all
    select batch_id from loading inner join core.provider_adjustment as r using (batch_id) where r.known_seq = seq
),

counted as (
    select
        batch_id,
        count(*) as held
    from records
    group by batch_id
)

select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source || '/' || b.feed || ': ' || b.rows_loaded || ' counted, ' || coalesce(c.held, 0) || ' held' as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
left join counted as c on c.batch_id = b.batch_id
where b.rows_loaded <> coalesce(c.held, 0);

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
