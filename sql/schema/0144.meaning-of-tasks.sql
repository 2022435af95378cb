-- depends: 0143.meaning-of-cases

-- What the tables of tasks mean.

comment on schema tasks is 'The work that moves cases on, and what is sent to the outside for it.';

comment on table tasks.task is 'One unit of work for one stage of one case. Its statuses are those of FHIR Task.';
comment on column tasks.task.task_id is 'The task. Its id follows from case, stage, kind and attempt.';
comment on column tasks.task.case_id is 'The case (cases.case_record).';
comment on column tasks.task.person_id is 'The person (identity.person).';
comment on column tasks.task.workflow is 'The workflow, by its name.';
comment on column tasks.task.stage is 'The stage of the workflow, by its name.';
comment on column tasks.task.kind is 'outreach, scheduling, eligibility, documentation, billing or review.';
comment on column tasks.task.attempt is 'Attempt number within the stage of the case, from 1.';
comment on column tasks.task.status is 'requested: planned or sent. on-hold: an exception stands before it. completed: proven. failed, rejected, cancelled: ended without proof. The others of FHIR are not written.';
comment on column tasks.task.status_reason is 'Why it has this status. Null: no reason is needed.';
comment on column tasks.task.owner_team is 'The team that owns it.';
comment on column tasks.task.owner is 'The named person who has it. Null: nobody yet, the team has it.';
comment on column tasks.task.priority is 'routine, urgent, asap or stat.';
comment on column tasks.task.planned_seq is 'The night that planned it (operations.night).';
comment on column tasks.task.planned_at is 'The cut-off of the night that planned it.';
comment on column tasks.task.due_at is 'When it is due: the end of a business day of the practice.';
comment on column tasks.task.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';
comment on column tasks.task.closed_fact_id is 'The fact that ended it (evidence.fact). Null: it is open, or no fact did.';
comment on column tasks.task.effect_key is 'The key of the effect on the outside: this person in this contact window, the claim of this visit. Of what has one key, one is sent.';
comment on column tasks.task.detail is 'What the receiver needs to know, by name: encounter, payer_id, practitioner_id, visit_type, route and so on.';

comment on table tasks.event is 'The history of a task.';
comment on column tasks.event.event_id is 'The event. Its id follows from what it says, so that a night run again writes the same.';
comment on column tasks.event.task_id is 'The task (tasks.task).';
comment on column tasks.event.kind is 'planned or closed.';
comment on column tasks.event.from_status is 'Status before. Null: there was no task.';
comment on column tasks.event.to_status is 'Status after.';
comment on column tasks.event.occurred_at is 'The cut-off of the night.';
comment on column tasks.event.known_seq is 'The night in which we learned it (operations.night).';
comment on column tasks.event.fact_id is 'The fact that ended it. Null: none did.';
comment on column tasks.event.detail is 'The reason, where there is one.';

comment on table tasks.transmission is 'One thing sent to the outside, or about to be: the exact bytes, written before the call, and the outcome after it. Of an effect at most one stands; only a certain failure makes room for another attempt.';
comment on column tasks.transmission.transmission_id is 'The transmission. Its id follows from effect key and attempt.';
comment on column tasks.transmission.effect_key is 'The key of the effect on the outside: this person in this contact window, the claim of this visit. Of what has one key, one is sent.';
comment on column tasks.transmission.kind is 'outreach, booking, eligibility, documentation, work_item or claim_batch.';
comment on column tasks.transmission.target is 'The receiver, by the name of its Airflow connection.';
comment on column tasks.transmission.person_id is 'The person (identity.person). Null: a file about several.';
comment on column tasks.transmission.attempt is 'Attempt number for the effect, from 1.';
comment on column tasks.transmission.payload is 'The exact bytes: JSON, or an X12 interchange.';
comment on column tasks.transmission.payload_sha256 is 'SHA-256 of the payload, in hexadecimal.';
comment on column tasks.transmission.control_numbers is 'Of a file: its interchange control number and its name. Empty: no file.';
comment on column tasks.transmission.planned_seq is 'The night that planned it (operations.night).';
comment on column tasks.transmission.intended_at is 'When the intention was written, by the clock of the database.';
comment on column tasks.transmission.sent_at is 'When it was marked as about to be sent. Null: it certainly was not.';
comment on column tasks.transmission.outcome is 'intended: not sent, or its outcome was not recorded. accepted, rejected: by the receiver. uncertain: looked up at the receiver before anything is repeated. withheld: not sent, since it must not be.';
comment on column tasks.transmission.outcome_at is 'When the outcome was recorded. Null: none yet.';
comment on column tasks.transmission.outcome_seq is 'The night that recorded the outcome. Null: none yet.';
comment on column tasks.transmission.outcome_reason is 'Why it was rejected, uncertain or withheld, as a code. Null: accepted, or none yet.';
comment on column tasks.transmission.external_ref is 'The receiver''s id of what was sent. Null: not accepted, or it gave none.';
comment on column tasks.transmission.lookup_deadline is 'From when on an outcome that is not certain needs a named person.';
comment on column tasks.transmission.decision_id is 'Not written.';

comment on table tasks.transmission_task is 'Which tasks a transmission serves. One call may serve several.';
comment on column tasks.transmission_task.transmission_id is 'The transmission (tasks.transmission).';
comment on column tasks.transmission_task.task_id is 'The task (tasks.task).';

comment on table tasks.answer is 'What a receiver answered later to a booking request that it had taken, where that ends it: nothing will come of it.';
comment on column tasks.answer.transmission_id is 'The transmission (tasks.transmission).';
comment on column tasks.answer.known_seq is 'The night in which we learned it (operations.night).';
comment on column tasks.answer.answer is 'declined: the request was refused. no_slot: there was no time for it.';
comment on column tasks.answer.asked_at is 'When the receiver was asked, by the clock of the database.';

comment on table tasks.claim is 'A claim that Throughline itself submits. All that it says is the clinician''s documented charge.';
comment on column tasks.claim.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column tasks.claim.effect_key is 'The key of the effect on the outside: this person in this contact window, the claim of this visit. Of what has one key, one is sent.';
comment on column tasks.claim.frequency_code is '1 original, 7 replacement, 8 void (CLM05-3).';
comment on column tasks.claim.person_id is 'The person (identity.person).';
comment on column tasks.claim.encounter_source is 'The source of the visit that it bills.';
comment on column tasks.claim.encounter_id is 'The visit that it bills, by its id in that source.';
comment on column tasks.claim.task_id is 'The task (tasks.task).';
comment on column tasks.claim.payer_id is 'The payer, by the id that claims use.';
comment on column tasks.claim.billing_npi is 'NPI of the billing provider.';
comment on column tasks.claim.total_charge is 'Dollars charged for all lines.';
comment on column tasks.claim.content is 'All that the claim says: lines, diagnoses, providers, subscriber, payer.';
comment on column tasks.claim.batch_id is 'The batch (tasks.claim_batch). Null: in none.';
comment on column tasks.claim.planned_seq is 'The night that planned it (operations.night).';
comment on column tasks.claim.status is 'prepared: made. batched: in a batch that waits. released: by a named person. refused: by a named person or the validator. withdrawn: fell away. sent: handed over.';

comment on table tasks.claim_batch is 'One file of claims, for one payer and billing provider. A named person releases exactly these bytes, or they are never sent.';
comment on column tasks.claim_batch.batch_id is 'The batch. Its id follows from payer, billing provider and claims.';
comment on column tasks.claim_batch.payer_id is 'The payer, by the id that claims use.';
comment on column tasks.claim_batch.billing_npi is 'NPI of the billing provider.';
comment on column tasks.claim_batch.planned_seq is 'The night that planned it (operations.night).';
comment on column tasks.claim_batch.claim_count is 'How many claims it holds.';
comment on column tasks.claim_batch.total_charge is 'Dollars charged in all of them.';
comment on column tasks.claim_batch.payload is 'The exact bytes: an X12 837 interchange.';
comment on column tasks.claim_batch.payload_sha256 is 'SHA-256 of the payload, in hexadecimal.';
comment on column tasks.claim_batch.interchange_control_number is 'Interchange control number (ISA13).';
comment on column tasks.claim_batch.status is 'waiting: for a named person. released or refused: by one, or withdrawn since a claim of it fell. sent: handed over.';
comment on column tasks.claim_batch.decision_id is 'The decision of a named person behind it (operations.decision). Null: none.';
comment on column tasks.claim_batch.created_at is 'When it was written, by the clock of the database.';

comment on table tasks.interchange_counter is 'Interchange control numbers (ISA13) without gaps: taken in the transaction that writes the file''s bytes, and given back with it.';
comment on column tasks.interchange_counter.is_only is 'True: there is one row.';
comment on column tasks.interchange_counter.last_control_number is 'The last number that was given out.';

comment on function tasks.claims_need_release() is 'Trigger: lets a batch of claims out only with the named release of exactly these bytes.';
