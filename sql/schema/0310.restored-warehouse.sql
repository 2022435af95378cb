-- depends: 0251.the-door-of-a-decision

-- A warehouse that came back from a backup does not know what went out after the backup was taken. Each restore is a
-- row; what would be sent anew is held against it first.
create table operations.restored (
    restored_id integer generated always as identity primary key,
    backup_taken_at timestamptz not null,
    restored_at timestamptz not null default clock_timestamp(),
    newest_seq bigint not null,
    newest_date date,
    lost_until date not null,
    last_control_number integer not null
);

revoke all on operations.restored from throughline_loader, throughline_loop;
grant select on operations.restored to throughline_loop, throughline_loader, throughline_reader;

comment on table operations.restored is 'Each time this warehouse was restored from a backup. Never changed.';
comment on column operations.restored.restored_id is 'Its number.';
comment on column operations.restored.backup_taken_at is 'When the backup was taken: what happened later is not in it.';
comment on column operations.restored.restored_at is 'When it was restored.';
comment on column operations.restored.newest_seq is 'The newest night in the backup (operations.night); 0: none.';
comment on column operations.restored.newest_date is 'The business date of that night. Null: none.';
comment on column operations.restored.lost_until is 'The last business date of which something may have gone out that the backup does not know.';
comment on column operations.restored.last_control_number is 'The interchange control number (ISA13) after which this warehouse goes on, so that none is used twice.';

-- What is about to go out and may have gone out before the restore: all but what is about cases that began after it.
create view tasks.perhaps_sent as
select distinct x.transmission_id, x.kind
from tasks.transmission as x
inner join tasks.transmission_task as l on l.transmission_id = x.transmission_id
inner join tasks.task as t on t.task_id = l.task_id
inner join cases.case_record as c on c.case_id = t.case_id
inner join operations.restored as r on true
left join evidence.fact as f on f.fact_id = c.trigger_fact_id
where x.outcome = 'intended'
    and x.sent_at is null
    -- a day later: the day of the world's clock may be the next one where the practice is
    and coalesce(f.occurred_at, '-infinity') < (r.lost_until + 2)::timestamptz
    -- a named person has said that the file did not arrive
    and not exists (
        select from tasks.transmission_task as o
        inner join tasks.transmission as y on y.transmission_id = o.transmission_id
        where o.task_id = l.task_id
            and y.kind = 'eligibility'
            and y.outcome = 'rejected'
            and y.outcome_at > r.restored_at
    );

-- A claim of a visit before the restore may have been sent. Its acknowledgement proves that it was; only a named
-- person who has asked the receiver can say that it was not.
create view tasks.claim_perhaps_sent as
select distinct k.patient_control_number, k.task_id
from tasks.claim as k
inner join operations.restored as r on (k.content ->> 'service_on')::date <= r.lost_until
where k.status = 'prepared'
    and k.batch_id is null
    and not exists (
        select from operations.exception as e
        inner join operations.decision as d
            on d.about_kind = 'exception' and d.about_id = e.exception_id::text
        where e.about_kind = 'task'
            and e.about_id = k.task_id::text
            and e.reason = 'uncertain_transmission'
            and d.kind = 'retry'
            and d.decided_at > r.restored_at
    );

revoke all on tasks.perhaps_sent, tasks.claim_perhaps_sent
from throughline_loader, throughline_loop, throughline_reader;
grant select on tasks.perhaps_sent, tasks.claim_perhaps_sent to throughline_loop, throughline_reader;

comment on view tasks.perhaps_sent is 'What is about to be sent and may have been sent between a backup and its restore: it is looked up first.';
comment on column tasks.perhaps_sent.transmission_id is 'The transmission.';
comment on column tasks.perhaps_sent.kind is 'Its kind.';
comment on view tasks.claim_perhaps_sent is 'Prepared claims that may have been sent between a backup and its restore: not sent until a named person says that they were not.';
comment on column tasks.claim_perhaps_sent.patient_control_number is 'The submitter''s number of the claim (CLM01).';
comment on column tasks.claim_perhaps_sent.task_id is 'The task that it does.';
