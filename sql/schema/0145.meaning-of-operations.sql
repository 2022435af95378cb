-- depends: 0144.meaning-of-tasks

-- What the tables of nights, decisions and exceptions mean.

comment on schema operations is 'The nights, their steps, what people decide, and what needs somebody.';

comment on table operations.night is 'One run of the chain for a business date. Its number is our knowledge time.';
comment on column operations.night.seq is 'The number of the night. What it brought is known from it on.';
comment on column operations.night.business_date is 'The day that it works on, in the practice''s time zone.';
comment on column operations.night.kind is 'nightly: the first of its date. rerun: of a date that was finished before. intraday: between two nights.';
comment on column operations.night.cut_off is '03:00 of the day after the business date, in the practice''s time zone: up to when the sources are asked, and the now of every clock. Never before that of an earlier number.';
comment on column operations.night.status is 'running, finished, failed; void: it brought nothing new, and its number counts for nothing.';
comment on column operations.night.started_at is 'When it was opened, by the clock of the database.';
comment on column operations.night.finished_at is 'When it ended, by the clock of the database. Null: it has not.';
comment on column operations.night.counts is 'Its numbers, by name, as the page and later summaries show them.';
comment on column operations.night.code_revision is 'The revision of the code that made it. Null: not known, or not ended.';
comment on column operations.night.definition_hashes is 'SHA-256 of each definition file that it used, by path.';
comment on column operations.night.state_digest is 'The digest of the state of all cases at its end. Null: it failed, is void or has not ended.';
comment on column operations.night.plan_digest is 'The digest of its plan. Null: it failed, is void or has not ended.';
comment on column operations.night.failed_step is 'The step that failed. Null: none did.';
comment on column operations.night.reason is 'Why it failed or is void. Null: neither.';

comment on table operations.step is 'What each step of a night did: read by the progress lines, the summary and the page.';
comment on column operations.step.seq is 'The night (operations.night).';
comment on column operations.step.step is 'The step, by its name.';
comment on column operations.step.part is 'The part of the step: a source, or a delivery of one. Empty: the step is whole.';
comment on column operations.step.status is 'running, done or failed.';
comment on column operations.step.started_at is 'When it began, by the clock of the database.';
comment on column operations.step.finished_at is 'When it ended. Null: it has not.';
comment on column operations.step.seconds is 'How long it took. Null: it has not ended.';
comment on column operations.step.row_count is 'How many rows it worked on. Null: it has not ended.';
comment on column operations.step.detail is 'Counts by name, and the type of the error that ended it. Never patient data.';

comment on table operations.lease is 'The lease of the chain: one night at a time holds it, from extract to report.';
comment on column operations.lease.name is 'The lease; there is one, chain.';
comment on column operations.lease.holder is 'Who holds it. Null: nobody.';
comment on column operations.lease.business_date is 'The date that holds it. Null: none.';
comment on column operations.lease.taken_at is 'When it was taken.';
comment on column operations.lease.expires_at is 'When it can be taken from its holder. Null: nobody holds it.';

comment on table operations.work_item is 'The work list of a night: the persons whose state may have changed, and why.';
comment on column operations.work_item.seq is 'The night (operations.night).';
comment on column operations.work_item.person_id is 'The person (identity.person).';
comment on column operations.work_item.reason is 'Why: evidence, identity, decision, outcome, task, clock, due, feed, definition and so on.';

comment on table operations.decision is 'One act of a named person. Append-only.';
comment on column operations.decision.decision_id is 'The decision.';
comment on column operations.decision.decided_at is 'When, by the clock of the database.';
comment on column operations.decision.decided_by is 'The name of who decided.';
comment on column operations.decision.kind is 'The act: release, reject, link, retry, waive_stage and so on.';
comment on column operations.decision.about_kind is 'What it is about: batch, quarantine, claim_batch, exception, record or case.';
comment on column operations.decision.about_id is 'The id of that thing; of a record, its source and source_id with a bar between.';
comment on column operations.decision.note is 'What the person said. Empty: nothing.';
comment on column operations.decision.detail is 'What the act needs to know, by name: action, person_id, owner, amount, sha256 of what was shown.';
comment on column operations.decision.known_seq is 'The night in which we learned it (operations.night): which took it as an input first. Null: none has.';

comment on table operations.exception is 'Something that cannot go on by itself, with owner, reason and due date.';
comment on column operations.exception.exception_id is 'The exception. Its id follows from its reason and what it is about, so that the same one is opened once.';
comment on column operations.exception.about_kind is 'What it is about: case, task, transmission, claim_batch and so on.';
comment on column operations.exception.about_id is 'The id of that thing.';
comment on column operations.exception.reason is 'Why, as a word of operations.reason.';
comment on column operations.exception.owner_team is 'The team that owns it.';
comment on column operations.exception.owner is 'The named person who has it. Null: nobody yet, the team has it.';
comment on column operations.exception.opened_seq is 'The night that opened it (operations.night).';
comment on column operations.exception.opened_at is 'The cut-off of the night that opened it.';
comment on column operations.exception.due_at is 'When it must be settled.';
comment on column operations.exception.status is 'open. resolved: by a named person. cleared: its cause is gone.';
comment on column operations.exception.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';
comment on column operations.exception.resolution is 'How it ended. Null: it is open.';
comment on column operations.exception.decision_id is 'The decision of a named person behind it (operations.decision). Null: none.';
comment on column operations.exception.person_id is 'The person (identity.person). Null: it is about nobody.';
comment on column operations.exception.case_id is 'The case (cases.case_record) that it stands before. Null: none.';
comment on column operations.exception.amount is 'Dollars at stake. Null: none, or not known.';
comment on column operations.exception.detail is 'What its owner needs to know, by name: stage, codes, counts, ids.';

comment on table operations.reason is 'The reasons of exceptions; written from exceptions.yaml when a night begins.';
comment on column operations.reason.reason is 'The word.';
comment on column operations.reason.owner_team is 'The team that owns it.';
comment on column operations.reason.due_days is 'Days until it must be settled.';
comment on column operations.reason.title is 'The reason in words.';

comment on table operations.prevented is 'A contact or a claim that was planned, and stopped before it was sent.';
comment on column operations.prevented.seq is 'The night (operations.night).';
comment on column operations.prevented.effect_key is 'The key of the effect on the outside: this person in this contact window, the claim of this visit. Of what has one key, one is sent.';
comment on column operations.prevented.kind is 'contact or claim.';
comment on column operations.prevented.reason is 'Why: died, opt_out, hospice, admitted, identity_doubt and so on.';
comment on column operations.prevented.person_id is 'The person (identity.person).';
comment on column operations.prevented.case_id is 'The case (cases.case_record) that asked for it. Null: it was stopped at the last check, for all cases.';
comment on column operations.prevented.at is 'The cut-off of the night.';

comment on table operations.feed is 'The feeds that are expected, by source definition; written when a night begins.';
comment on column operations.feed.source is 'The system of record, by the name of its definition.';
comment on column operations.feed.feed is 'The feed, by its name in the catalogue.';
comment on column operations.feed.owner_team is 'The team that owns it.';
comment on column operations.feed.expected_by is 'The time of day by which it is expected, on the morning after the business date, in the time zone of the source.';
comment on column operations.feed.allowed_lag_days is 'Days that it may lag before it is late.';
comment on column operations.feed.volume is 'usual: a delivery is held against what the feed usually brings. asked: it answers what was asked, and may bring nothing.';

comment on view operations.feed_freshness is 'How far each feed is complete, as of the newest night.';
comment on column operations.feed_freshness.source is 'The system of record, by the name of its definition.';
comment on column operations.feed_freshness.feed is 'The feed, by its name in the catalogue.';
comment on column operations.feed_freshness.owner_team is 'The team that owns it.';
comment on column operations.feed_freshness.last_business_date is 'The newest business date that was loaded. Null: none was.';
comment on column operations.feed_freshness.last_received_at is 'When a loaded delivery was last received. Null: none was.';
comment on column operations.feed_freshness.watermark is 'Up to when the source says it is complete. Null: it does not say.';
comment on column operations.feed_freshness.expected_by is 'Until when the delivery of the newest night is expected, in the time zone of the source.';
comment on column operations.feed_freshness.is_fresh is 'Whether the feed is complete for the newest night, its allowed lag counted.';

comment on function operations.freshness(bigint) is 'How far each feed is complete as of a night: what was loaded up to it.';
comment on function operations.refuse_change() is 'Trigger: lets a decision be taken up by a night, and nothing else be changed in it.';
comment on function operations.refresh_statistics(text, bigint) is 'Counts a table of core, identity or evidence again when a tenth of it is new; the roles of the loop own no table.';
