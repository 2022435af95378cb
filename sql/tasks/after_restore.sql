-- reads: operations.night, operations.restored, tasks.claim_batch, tasks.interchange_counter,
--     tasks.transmission
-- makes: w_batch
-- changes: operations.exception, operations.lease, operations.restored, tasks.claim, tasks.claim_batch,
--     tasks.interchange_counter, tasks.transmission

-- Marks a warehouse that was restored from a backup, once, by its owner: nothing that was about to go out when the
-- backup was taken is still known to be unsent.
insert into operations.restored (
    backup_taken_at, newest_seq, newest_date, lost_until, last_control_number
)
select
    %(taken_at)s,
    coalesce(max(n.seq), 0),
    max(n.business_date),
    greatest(%(lost_until)s::date, max(n.business_date)),
    greatest(max(i.last_control_number) + %(gap)s, %(last_control_number)s)
from tasks.interchange_counter as i
left join operations.night as n on n.status <> 'void';

update tasks.interchange_counter
set last_control_number = (
    select r.last_control_number from operations.restored as r
    order by r.restored_id desc
    limit 1
);

-- No night runs here.
update operations.lease set holder = null, business_date = null, expires_at = null;

-- Nobody knows whether a batch that waited was released meanwhile. One whose temporary file was laid down is settled
-- by that file, as after a crash.
create temp table w_batch on commit drop as
select b.batch_id
from tasks.claim_batch as b
where b.status in ('waiting', 'released')
    and not exists (
        select from tasks.transmission as x
        where x.effect_key = 'claim_batch|' || b.batch_id::text and x.sent_at is not null
    );

update tasks.claim as k
set status = 'prepared', batch_id = null
where k.batch_id in (select w.batch_id from w_batch as w);

update tasks.transmission as x
set outcome = 'withheld', outcome_at = clock_timestamp(), outcome_reason = 'restored',
    outcome_seq = (select max(n.seq) from operations.night as n where n.status <> 'void')
where x.outcome = 'intended' and x.kind = 'claim_batch'
    and x.effect_key in (select 'claim_batch|' || w.batch_id::text from w_batch as w);

update tasks.claim_batch as b
set status = 'refused'
where b.batch_id in (select w.batch_id from w_batch as w);

drop table w_batch;

-- What somebody said of an earlier restore says nothing about this one.
update operations.exception as e
set status = 'cleared', resolution = 'restored'
where e.reason = 'uncertain_transmission' and e.about_kind = 'task' and e.status = 'resolved';

select r.restored_id, r.newest_seq, r.newest_date, r.lost_until, r.last_control_number
from operations.restored as r
order by r.restored_id desc
limit 1;
