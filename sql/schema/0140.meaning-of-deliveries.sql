-- depends: 0081.feed-volume

-- What the tables of deliveries and gates mean, column by column. docs/warehouse.md is written from these words.

comment on schema landing is 'Deliveries as they were received: the bytes lie in the landing folder, these tables say what they are. A `date` is a day of the source''s own calendar.';
comment on schema quality is 'What gates said about deliveries, and the rows that were kept back.';

comment on table landing.batch is 'One delivery of a feed for one business date. Its rows are each in exactly one place: rows_received is the sum of the five other counts.';
comment on column landing.batch.batch_id is 'The delivery. Its id follows from source, feed, business date and night.';
comment on column landing.batch.source is 'The system of record, by the name of its definition.';
comment on column landing.batch.feed is 'The feed, by its name in the catalogue.';
comment on column landing.batch.business_date is 'The day that the delivery is about: of its content, and never later than that of the night that received it. A delivery that is not complete counts for the day before.';
comment on column landing.batch.known_seq is 'The night in which we learned it (operations.night).';
comment on column landing.batch.received_at is 'When it was received, by the clock of this machine. Kept for audit; decides nothing.';
comment on column landing.batch.sha256 is 'SHA-256 over the ids of its files, in hexadecimal.';
comment on column landing.batch.status is 'received: landed. staged: parsed. loaded: in core. stopped: by a gate, waits for a named person. rejected: by a named person. refused: no envelope could be read.';
comment on column landing.batch.watermark is 'Up to when the source says it is complete. Null: it does not say, or the delivery is not complete.';
comment on column landing.batch.rows_received is 'Rows that came: NDJSON lines, HL7 messages, claims, claim payments, provider adjustments.';
comment on column landing.batch.rows_loaded is 'Of these, rows that were loaded into core.';
comment on column landing.batch.rows_superseded is 'Of these, rows that say nothing new: older than the version that stands, or the same.';
comment on column landing.batch.rows_quarantined is 'Of these, rows kept back, until a named person decides or the source corrects them.';
comment on column landing.batch.rows_rejected is 'Of these, rows that a named person rejected.';
comment on column landing.batch.rows_pending is 'Of these, rows that have not been loaded yet, or were released and wait for the next load.';
comment on column landing.batch.loaded_seq is 'The night that loaded it first; later than known_seq where a stopped delivery was released. Null: not loaded.';

comment on table landing.file is 'One file as it was received.';
comment on column landing.file.file_id is 'The file. Its id follows from source, night, content and name.';
comment on column landing.file.source is 'The system of record, by the name of its definition.';
comment on column landing.file.business_date is 'The business date of the night that received it.';
comment on column landing.file.known_seq is 'The night in which we learned it (operations.night).';
comment on column landing.file.original_name is 'The name it had at the source, which proves nothing.';
comment on column landing.file.path is 'Where the bytes are, below the landing folder. Of a duplicate: where those of the first are.';
comment on column landing.file.bytes is 'Its size.';
comment on column landing.file.sha256 is 'SHA-256 of its bytes, in hexadecimal.';
comment on column landing.file.received_at is 'When it was received, by the clock of this machine. Kept for audit; decides nothing.';
comment on column landing.file.status is 'landed: kept and read. duplicate: content that was seen before. refused: no envelope could be read.';
comment on column landing.file.duplicate_of is 'The file of an earlier delivery with the same content. Null: not a duplicate.';
comment on column landing.file.refused_reason is 'Why it was refused, as a code. Null: it was not.';
comment on column landing.file.modified_at is 'When the source says that the file was last changed. Null: the source does not say. A file of this name, size and time is not fetched again.';

comment on table landing.batch_file is 'Which files a delivery came in. A file with several kinds of records belongs to several deliveries.';
comment on column landing.batch_file.batch_id is 'The delivery (landing.batch).';
comment on column landing.batch_file.file_id is 'The file (landing.file).';
comment on column landing.batch_file.row_count is 'Rows of this delivery that stand in the file.';

comment on table landing.watermark is 'How far each feed has been read, written together with the load it describes. The greatest is where the next fetch begins.';
comment on column landing.watermark.source is 'The system of record, by the name of its definition.';
comment on column landing.watermark.feed is 'The feed, by its name in the catalogue.';
comment on column landing.watermark.known_seq is 'The night in which we learned it (operations.night).';
comment on column landing.watermark.watermark is 'Everything that the source changed before this moment has been read.';

comment on table quality.verdict is 'What a gate said about a delivery. Counts only, no values.';
comment on column quality.verdict.verdict_id is 'The verdict. Its id follows from the delivery.';
comment on column quality.verdict.batch_id is 'The delivery (landing.batch).';
comment on column quality.verdict.known_seq is 'The night in which we learned it (operations.night).';
comment on column quality.verdict.suite is 'The suite of rules: source and feed with a dot between.';
comment on column quality.verdict.verdict is 'pass: all is well. warn: something is odd, all rows are loaded. quarantine: some rows were set aside, the others are loaded. stop: nothing is loaded until a named person decides.';
comment on column quality.verdict.expectations is 'How many rules were asked.';
comment on column quality.verdict.failed is 'How many of them did not hold.';
comment on column quality.verdict.data_docs is 'The page that shows what failed, below the folder of pages. Null: nothing failed.';
comment on column quality.verdict.detail is 'What failed: an array of objects with expectation, severity, what was observed, and whether it stops the delivery.';
comment on column quality.verdict.decided_at is 'When the gate ran, by the clock of the database.';
comment on column quality.verdict.profile is 'How the delivery was filled: rows, and how many of them have each column, over all and by status. Later deliveries are held against it to notice a field that has gone.';

comment on table quality.quarantine is 'One row that was kept back, for one reason. It is loaded when a named person releases it or the source sends it again, corrected.';
comment on column quality.quarantine.quarantine_id is 'The row and reason. Its id follows from delivery, file, row and reason.';
comment on column quality.quarantine.batch_id is 'The delivery (landing.batch).';
comment on column quality.quarantine.file_id is 'The file (landing.file).';
comment on column quality.quarantine.source is 'The system of record, by the name of its definition.';
comment on column quality.quarantine.feed is 'The feed, by its name in the catalogue.';
comment on column quality.quarantine.known_seq is 'The night in which we learned it (operations.night).';
comment on column quality.quarantine.row_no is 'Which row of the file it was, counted from 1. Records that come with a row share its number.';
comment on column quality.quarantine.source_id is 'The id of the record in its source. Null: it could not be read.';
comment on column quality.quarantine.reason is 'The rule that it broke, or the fault of its reader, as a code.';
comment on column quality.quarantine.payload is 'The row as it was received, or its typed values as JSON. May hold patient data.';
comment on column quality.quarantine.status is 'open: waits. released, rejected: by a named person. corrected: the source sent the record again, well.';
comment on column quality.quarantine.closed_seq is 'The night in which it ended (operations.night): was loaded or corrected. Null: it has not.';
comment on column quality.quarantine.decision_id is 'The decision of a named person behind it (operations.decision). Null: none.';
