-- depends: 0251.the-door-of-a-decision

-- Rows of two deliveries that have one id and one version are compared. Code or a definition that reads them otherwise
-- makes no difference between them: only amounts are compared then.
alter table landing.batch add column read_as text;

comment on column landing.batch.read_as is 'A digest of the code and the conventions that read its files. Null: read before this was recorded.';

create index quarantine_of_content on quality.quarantine (source, feed, source_id)
where reason = 'same version, other content';

-- The rows that were set aside of deliveries that were loaded, for the steps behind: whose they are, and both sums of
-- money that does not balance or that another row contradicts.
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
    q.explained_amount
from quality.quarantine as q
inner join landing.batch as b on b.batch_id = q.batch_id
where b.loaded_seq is not null;

comment on column quality.quarantine.stated_amount is 'Of money that does not balance: the sum that is stated; of a row that contradicts another of its id and version, what the other says. Null: the row is here for another reason, or the sum cannot be read.';
comment on column quality.quarantine.explained_amount is 'Of money that does not balance: what the amounts around it make of it; of a row that contradicts another, what this one says. Null: the row is here for another reason.';
comment on column evidence.row_set_aside.stated_amount is 'As in quality.quarantine.';
comment on column evidence.row_set_aside.explained_amount is 'As in quality.quarantine.';
