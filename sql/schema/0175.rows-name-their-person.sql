-- depends: 0174.record-numbers-by-system

-- A row that is set aside says whom it concerns, if it can be read that far: until it is corrected, released or
-- rejected, what it would have proven is not known, of that person only.
alter table quality.quarantine
add column subject_source text,
add column subject_id text,
add column from_on date,
add column until_on date,
add column payer_id text,
add constraint quarantine_subject_check check ((subject_source is null) = (subject_id is null));

-- Rows that wait for a decision or a correction, or were released and not loaded yet.
create index quarantine_undecided on quality.quarantine (batch_id) where closed_seq is null and status <> 'rejected';

create index quarantine_closed on quality.quarantine (closed_seq) where closed_seq is not null;

comment on column quality.quarantine.subject_source is 'Which system''s number subject_id is, as in evidence.fact: a source, or pcn for the number of a claim. Null: the row names nobody, or it could not be read that far.';
comment on column quality.quarantine.subject_id is 'The patient or the claim that the row names. Null: nobody.';
comment on column quality.quarantine.from_on is 'The first day that the row may be about. Null: the days of its delivery.';
comment on column quality.quarantine.until_on is 'The last day that the row may be about. Null: the days of its delivery.';
comment on column quality.quarantine.payer_id is 'The payer whose payments are not known while the row waits. Null: no payer.';
