-- reads: landing.batch, operations.decision, operations.night, quality.verdict, scope_batch

-- delivery_left_halfway: A delivery was landed, but the night ended with it neither loaded nor held.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source || '/' || b.feed || ' is ' || b.status as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
inner join operations.night as n on n.seq = b.known_seq
where b.status in ('received', 'staged') and n.status in ('running', 'finished') and b.rows_received > 0;

-- loaded_without_verdict: A delivery was loaded or stopped without a gate's verdict.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source || '/' || b.feed || ' is ' || b.status as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
where
    b.status in ('loaded', 'stopped')
    and b.rows_received > 0
    and not exists (select from quality.verdict as v where v.batch_id = b.batch_id);

-- stop_was_overruled: A gate stopped a delivery, and it was loaded without a named person's release.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source || '/' || b.feed as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
inner join lateral (
    select v.verdict from quality.verdict as v
    where v.batch_id = b.batch_id
    order by v.known_seq desc, v.decided_at desc
    limit 1
) as v on v.verdict = 'stop'
where
    b.status = 'loaded'
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'batch' and d.about_id = b.batch_id::text and d.kind = 'release'
    );

-- replaced_by_nothing: A stopped delivery ended as replaced, and no later delivery of its feed is loaded in its place.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.source || '/' || b.feed as detail
from scope_batch as x
inner join landing.batch as b on b.batch_id = x.batch_id
left join landing.batch as n
    on n.batch_id = b.replaced_by and n.source = b.source and n.feed = b.feed
    and n.status = 'loaded' and n.known_seq > b.known_seq
where b.status = 'replaced' and n.batch_id is null;
