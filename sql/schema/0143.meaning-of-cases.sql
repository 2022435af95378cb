-- depends: 0142.meaning-of-persons-and-facts

-- What the tables of cases mean.

comment on schema cases is 'One case for each person, workflow and triggering event, and where it stands. A `date` is a day in the practice''s time zone.';

comment on table cases.workflow_version is 'A version of a definition of a workflow. A case runs on the version that opened it.';
comment on column cases.workflow_version.workflow is 'The workflow, by its name.';
comment on column cases.workflow_version.version is 'The version of the workflow.';
comment on column cases.workflow_version.status is 'active: opens cases. retired: opens none any more, and its cases go on. draft, shadow: open none.';
comment on column cases.workflow_version.definition is 'The definition as it was loaded.';
comment on column cases.workflow_version.sha256 is 'SHA-256 of what it says, in hexadecimal. A version that says something else is refused.';
comment on column cases.workflow_version.activated_seq is 'The night from which it opens cases. Null: it never did.';
comment on column cases.workflow_version.retired_seq is 'The night from which it opens none any more. Null: it was not retired.';
comment on column cases.workflow_version.registered_at is 'When it was registered, by the clock of the database.';

comment on table cases.case_record is 'One person in one workflow for one triggering event.';
comment on column cases.case_record.case_id is 'The case. Its id follows from person, workflow and trigger_ref.';
comment on column cases.case_record.workflow is 'The workflow, by its name.';
comment on column cases.case_record.version is 'The version of the workflow that opened it: the case stays on it.';
comment on column cases.case_record.person_id is 'The person (identity.person).';
comment on column cases.case_record.trigger_ref is 'What opened it: the source_ref of a fact, or wellness: and the month in which the visit was due.';
comment on column cases.case_record.trigger_fact_id is 'The fact that opened it, as it stood then. Null: none did, time alone.';
comment on column cases.case_record.trigger_on is 'The day of the trigger: the day from which the clocks count.';
comment on column cases.case_record.opened_seq is 'The night that opened it (operations.night).';
comment on column cases.case_record.stage is 'The stage of the workflow, by its name: the first that is not behind the case; of an ended case its last.';
comment on column cases.case_record.stage_state is 'pending: waits for its proof. unknown: the feed that would show it is late. missed: its clock ended without it. blocked: nothing may be done. complete: the last stage is proven.';
comment on column cases.case_record.status is 'open. completed: the last stage is proven. closed: ended without it. excluded: should not have been opened.';
comment on column cases.case_record.close_reason is 'Why it was closed or excluded. Null: neither.';
comment on column cases.case_record.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';
comment on column cases.case_record.next_step is 'The one next step of an open case: task, exception or wait. Null: not open.';
comment on column cases.case_record.next_step_ref is 'The id of that task or exception. Null: a wait, or not open.';
comment on column cases.case_record.next_due_at is 'When the next step is due. Null: not open.';
comment on column cases.case_record.recheck_at is 'The next moment at which a clock alone may change the case. Null: none will.';
comment on column cases.case_record.waits_on_feeds is 'The late feeds on which it waits, as source and feed with a dot between. Empty: none.';
comment on column cases.case_record.owner_team is 'The team that owns it.';
comment on column cases.case_record.wanted is 'What the case asks for: a kind of task, wait or exception; open while a task runs. Null: nothing, as when it has ended.';
comment on column cases.case_record.wanted_detail is 'What that needs to be known: attempt, days, priority, reason, due_at and so on, by name.';
comment on column cases.case_record.encounter_ref is 'The visit that serves the case, by its id in the source. Null: none yet.';
comment on column cases.case_record.patient_control_number is 'The claim that bills the visit (CLM01). Null: none yet.';
comment on column cases.case_record.expected_amount is 'Dollars that payer and patient are still expected to pay. Null: not known.';
comment on column cases.case_record.expected_code is 'The code that what is documented supports. Null: none, or not known.';
comment on column cases.case_record.derived_seq is 'The night that last changed the row.';

comment on table cases.stage is 'How one stage of a case stands, and which fact proves it.';
comment on column cases.stage.case_id is 'The case (cases.case_record).';
comment on column cases.stage.stage is 'The stage of the workflow, by its name.';
comment on column cases.stage.position is 'Place of the stage within its workflow, from 1.';
comment on column cases.stage.state is 'complete: proven. pending: is waited for. unknown: the feed that would show it is late. missed: its clock ended without it. waived: passed over. failed: cannot be proven any more. not_reached: stages before it are open.';
comment on column cases.stage.fact_id is 'The fact that proves it (evidence.fact). Null: none does.';
comment on column cases.stage.proven_at is 'When what proves it happened. Null: not proven.';
comment on column cases.stage.due_at is 'When its clock ends. Null: it has none, or was not reached.';
comment on column cases.stage.reason is 'Why it was passed over or failed. Null: neither.';
comment on column cases.stage.detail is 'What the proof says that later stages need, by name.';
comment on column cases.stage.derived_seq is 'The night that last changed the row.';

comment on table cases.event is 'The history of a case: what changed, when, by what.';
comment on column cases.event.event_id is 'The event. Its id follows from what it says, so that a night run again writes the same.';
comment on column cases.event.case_id is 'The case (cases.case_record).';
comment on column cases.event.kind is 'proven, taken_back or changed: a stage. completed, closed, excluded or reopened: the case.';
comment on column cases.event.stage is 'The stage of the workflow, by its name.';
comment on column cases.event.from_state is 'State of the stage, or status of the case, before. Null: it had none.';
comment on column cases.event.to_state is 'State of the stage, or status of the case, after.';
comment on column cases.event.occurred_at is 'When what caused it happened; else the cut-off of the night.';
comment on column cases.event.known_seq is 'The night in which we learned it (operations.night).';
comment on column cases.event.fact_id is 'The fact that proves the stage, or no longer does. Null: none.';
comment on column cases.event.task_id is 'Not written.';
comment on column cases.event.decision_id is 'Not written.';
comment on column cases.event.detail is 'The reason, where there is one.';

comment on table cases.watch is 'When time alone may open a case for a person who has none: look again on this day.';
comment on column cases.watch.person_id is 'The person (identity.person).';
comment on column cases.watch.workflow is 'The workflow, by its name.';
comment on column cases.watch.check_on is 'The day on which to look.';
comment on column cases.watch.derived_seq is 'The night that last changed the row.';

comment on table cases.digest is 'The digest of all derived state, kept true by triggers on cases.case_record and cases.stage: a sum of hashes of their rows.';
comment on column cases.digest.only_row is 'True: there is one row.';
comment on column cases.digest.total is 'The sum.';

comment on table cases.business_day is 'The days of the calendar with the running number of business days: adding n business days is finding the number plus n.';
comment on column cases.business_day.day is 'The day.';
comment on column cases.business_day.number is 'How many business days there were up to it, itself counted.';
comment on column cases.business_day.is_business is 'Whether it is one: no weekend, no holiday of the calendar''s country.';

comment on table cases.setting_known is 'Settings of the practice and its payers that rules read, from the night that read them first.';
comment on column cases.setting_known.name is 'The setting: time_zone, payer_floor_days, sole_submitter and so on.';
comment on column cases.setting_known.key is 'Of which payer, or payer and billing NPI with a bar between. Empty: of the practice.';
comment on column cases.setting_known.value is 'What it says, as text. Null: it is not said any more.';
comment on column cases.setting_known.known_seq is 'The night in which we learned it (operations.night).';

comment on view cases.setting is 'The settings as of the night whose number is set for the transaction (throughline.seq), else the newest.';
comment on column cases.setting.name is 'The setting: time_zone, payer_floor_days, sole_submitter and so on.';
comment on column cases.setting.key is 'Of which payer, or payer and billing NPI with a bar between. Empty: of the practice.';
comment on column cases.setting.value is 'What it says, as text.';

comment on table cases.allowed_share is 'How much of a charge each class of payers is expected to allow, from a night on.';
comment on column cases.allowed_share.payer_class is 'The class of payers.';
comment on column cases.allowed_share.known_seq is 'The night in which we learned it (operations.night).';
comment on column cases.allowed_share.share is 'The share, 0 to 1. Null: the class is not named any more.';

comment on function cases.add_business_days(date, int) is 'The n-th business day after a day.';
comment on function cases.local_day(timestamptz) is 'The day of a moment in the time zone of the practice.';
comment on function cases.day_end(date) is 'The moment at which a day of the practice ends.';
comment on function cases.state_hash(uuid, text, text, text, text, text, text, text, text, numeric) is 'The hash of what a case is, as the digest of all state adds it up.';
comment on function cases.stage_hash(uuid, text, text, uuid) is 'The hash of how a stage stands, as the digest of all state adds it up.';
comment on function cases.keep_case_digest() is 'Trigger: keeps cases.digest true when cases change.';
comment on function cases.keep_stage_digest() is 'Trigger: keeps cases.digest true when stages change.';
