-- depends: 0640.reconciliations-stated-by-hand

-- What waits of an older snapshot ends when a later whole one is loaded: nobody has to decide about a file that another
-- has replaced. It stays on record, with what replaced it.
alter table landing.batch
drop constraint batch_status_check,
add constraint batch_status_check check (
    status in ('received', 'staged', 'loaded', 'stopped', 'replaced', 'rejected', 'refused', 'duplicate')
),
add column replaced_by uuid references landing.batch (batch_id),
add column replaced_seq bigint,
add column file_on date,
add constraint batch_replaced_check check (
    (status = 'replaced') = (replaced_by is not null) and (replaced_by is null) = (replaced_seq is null)
);

alter table quality.quarantine
add column replaced_by uuid references landing.batch (batch_id);

create index batch_replaced on landing.batch (replaced_by) where replaced_by is not null;
create index quarantine_replaced on quality.quarantine (replaced_by) where replaced_by is not null;

alter table landing.file
drop constraint file_closed_check,
add constraint file_closed_check check (
    (closed_seq is null) = (closed_by is null)
    and closed_by in ('decision', 'definition', 'readable', 'rejected', 'replaced', 'earlier version')
);

create or replace view evidence.row_set_aside as
select
    q.batch_id,
    q.source,
    q.feed,
    b.business_date,
    q.file_id,
    q.row_no,
    q.source_id,
    q.reason,
    q.subject_source,
    q.subject_id,
    q.known_seq,
    b.loaded_seq,
    q.closed_seq,
    q.stated_amount,
    q.explained_amount,
    coalesce(b.file_on, b.business_date) as file_on,
    coalesce(n.file_on, n.business_date) as replaced_on
from quality.quarantine as q
inner join landing.batch as b on b.batch_id = q.batch_id
left join landing.batch as n on n.batch_id = q.replaced_by
where b.loaded_seq is not null;

grant update (replaced_by, replaced_seq) on landing.batch to throughline_loader;
grant update (replaced_by) on quality.quarantine to throughline_loader;

comment on column landing.batch.status is 'received: landed. staged: parsed. loaded: in core. stopped: by a gate, waits for a named person. replaced: stopped, and a later whole delivery says all of it. rejected: by a named person. refused: no envelope could be read.';
comment on column landing.batch.rows_superseded is 'Of these, rows that say nothing new: older than the version that stands, or the same; or of a stopped delivery that a later one replaced.';
comment on column landing.batch.replaced_by is 'The delivery (landing.batch) that replaced it: a later whole one, of which nobody had to decide. Null: none did.';
comment on column landing.batch.replaced_seq is 'The night that loaded what replaced it (operations.night). Null: nothing did.';
comment on column landing.batch.file_on is 'The day of the file: as business_date, which is a day earlier where the delivery is not complete. Null: received before this was kept.';
comment on column quality.quarantine.replaced_by is 'The delivery (landing.batch) that replaced it: a later whole one says what the row would have said. Null: none did.';
comment on column evidence.row_set_aside.replaced_on is 'The day of the delivery that replaced it. Null: none did.';
comment on column evidence.row_set_aside.file_on is 'The day of the file, or of the delivery where that was not kept.';
comment on column landing.file.closed_by is 'decision: a named person said that it carries nothing. definition: its name is on carries_nothing of its source. readable: the source sent it again. rejected: its deliveries were. replaced: later whole deliveries replaced them. earlier version: it was refused before such files were watched.';
