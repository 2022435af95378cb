-- depends: 0011.code-maps

-- How a delivery was filled: rows, and per typed column how many of them say something. Counts only.
-- What later deliveries of the feed are held against, to see when a field has gone.
alter table quality.verdict add column profile jsonb not null default '{}'::jsonb;

-- Whether somebody is known who comes with the same night is asked for every record of a feed.
create index staging_patient_record on staging.patient (source_id, source);
