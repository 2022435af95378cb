-- depends: 0176.not-known

-- A named person rejects what was accepted wrongly: a delivery, or one file of it. The next night takes its records
-- back, with everything they proved; what they had replaced stands again.
alter table landing.batch_file
add column decision_id uuid,
add column withdrawn_seq bigint;

create index batch_file_withdrawn on landing.batch_file (withdrawn_seq) where decision_id is not null;

comment on column landing.batch_file.decision_id is 'The decision of a named person to reject the file for this delivery (operations.decision). Null: none.';
comment on column landing.batch_file.withdrawn_seq is 'The night that took its records back (operations.night). Null: none has.';
