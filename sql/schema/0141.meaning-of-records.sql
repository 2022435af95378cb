-- depends: 0140.meaning-of-deliveries

-- What the typed records mean. Staging has the same columns, and with them the same words.

comment on schema core is 'Typed records by their FHIR names, whatever standard they came in. Every version that became known is kept: it stands from known_seq until retracted_seq. Null: the source does not say. Amounts are US dollars. A moment (`timestamptz`) that the source gave without an offset was read in the time zone of its definition.';
comment on schema staging is 'Rows of a delivery between its files and core: the same columns as there, without the nights. Unlogged and emptied after the load; what a crash takes is read again from the landed bytes.';
-- Every typed record has these.
do $$
declare
    meant record;
begin
    for meant in
        select c.table_name, w.name, w.meaning
        from (values
        ('source', 'The system of record, by the name of its definition.'),
        ('source_id', 'The id of the record in its source. X12 has none: theirs is made of control numbers, so that a file that comes twice gives the same ids.'),
        ('source_version', 'The version of the record in its source; of two, the one that sorts later as text is newer. When the record, message or group was made (UTC, microseconds), a slash, and its number.'),
        ('subject_source', 'The source that knows `subject_id`. Null: the record is about no patient, or does not say about whom.'),
        ('subject_id', 'The patient as the source names them: a patient id, a record number, or payer and member number with a bar between. Null as subject_source.'),
        ('batch_id', 'The delivery (landing.batch).'),
        ('file_id', 'The file (landing.file).'),
        ('row_no', 'Which row of the file it was, counted from 1. Records that come with a row share its number.'),
        ('known_seq', 'The night in which we learned it (operations.night).'),
        ('retracted_seq', 'The night in which it ceased to stand: a newer version took its place, or the source took it back. Null: it stands.'),
        ('is_deleted', 'Whether the source says with this version that the record is gone.'),
        ('content_hash', 'MD5 of what the record says. A newer version that says the same as the standing one is not loaded.')
        ) as w (name, meaning)
        inner join information_schema.columns as c on c.table_schema = 'core' and c.column_name = w.name
    loop
        execute format('comment on column core.%I.%I is %L', meant.table_name, meant.name, meant.meaning);
    end loop;
end
$$;

comment on table core.patient is 'A patient as one system knows them (FHIR Patient).';
comment on column core.patient.mrn is 'The medical record number.';
comment on column core.patient.identifiers is 'All identifiers: an array of objects with system, value and type.';
comment on column core.patient.family is 'Family name: the official or usual one.';
comment on column core.patient.given is 'First given name.';
comment on column core.patient.birth_date is 'Date of birth.';
comment on column core.patient.sex is 'Administrative sex: F, M, O (other) or U (unknown).';
comment on column core.patient.phone is 'The first phone number in use, digits only.';
comment on column core.patient.postal_code is 'Postal code of the home address.';
comment on column core.patient.state is 'State of the home address.';
comment on column core.patient.address_line is 'First line of the home address.';
comment on column core.patient.city is 'City of the home address.';
comment on column core.patient.is_active is 'Whether the record is in use. True where the source does not say.';
comment on column core.patient.deceased_at is 'When the patient died. Null: not known, or not dead.';
comment on column core.patient.is_deceased is 'Whether the patient is dead.';
comment on column core.patient.replaced_by is 'The id of the record in the same source into which this one was merged. Null: it was not.';
comment on column core.patient.general_practitioner_id is 'The practitioner or organization whose patient this is, by its id in the source.';
comment on column core.patient.language is 'Preferred language (BCP 47), else the first that is named.';
comment on column core.patient.interpreter_required is 'Whether an interpreter is needed.';
comment on column core.patient.preferred_contact is 'The kind of contact that is ranked first: phone, email, sms and so on.';
comment on column core.patient.confidential_address is 'Whether the address must not be used where others may read it.';

comment on table core.coverage is 'Who pays for a patient, and from when until when (FHIR Coverage).';
comment on column core.coverage.status is 'FHIR financial-resource-status: active, cancelled, draft, entered-in-error.';
comment on column core.coverage.type_code is 'Type of coverage: Source of Payment Typology (SOPT).';
comment on column core.coverage.payer_id is 'The payer, by the id that claims use.';
comment on column core.coverage.payer_name is 'The payer''s name.';
comment on column core.coverage.member_id is 'The member number at the payer.';
comment on column core.coverage.starts_on is 'First day of the coverage. Null: always was.';
comment on column core.coverage.ends_on is 'Last day of the coverage. Null: open.';
comment on column core.coverage.coverage_order is 'Which of several coverages pays first; 1 is the primary one.';
comment on column core.coverage.relationship is 'The patient''s relationship to the subscriber: self, spouse, child and so on.';
comment on column core.coverage.is_qmb is 'Whether the patient is a Qualified Medicare Beneficiary, who may not be billed a share.';

comment on table core.consent is 'What a patient agreed to or refused (FHIR Consent).';
comment on column core.consent.status is 'FHIR consent-state: active, inactive, entered-in-error and so on.';
comment on column core.consent.category_code is 'What it is about: contact, automated_contact and so on.';
comment on column core.consent.provision is 'permit or deny.';
comment on column core.consent.starts_at is 'When it begins to hold. Null: when it was recorded.';
comment on column core.consent.ends_at is 'When it ceases to hold. Null: open.';
comment on column core.consent.recorded_at is 'When it was recorded.';

comment on table core.encounter is 'A stay or a visit (FHIR Encounter).';
comment on column core.encounter.status is 'FHIR encounter-status: planned, arrived, in-progress, finished, cancelled and so on.';
comment on column core.encounter.class_code is 'Class: AMB, IMP, EMER and so on (v3-ActCode).';
comment on column core.encounter.type_system is 'Code system of type_code.';
comment on column core.encounter.type_code is 'Type of visit or of facility; of several codings the one whose system stands first in the source''s definition.';
comment on column core.encounter.starts_at is 'When it began.';
comment on column core.encounter.ends_at is 'When it ended. Null: it has not, or the source does not say.';
comment on column core.encounter.discharge_disposition_system is 'Code system of discharge_disposition_code.';
comment on column core.encounter.discharge_disposition_code is 'Where the patient went after the stay. Null: no stay, or not said.';
comment on column core.encounter.admit_source_code is 'Where the patient came from.';
comment on column core.encounter.practitioner_id is 'The practitioner, by the id in the source.';
comment on column core.encounter.service_provider_id is 'The organization that is responsible and bills, by its id in the source.';
comment on column core.encounter.location_id is 'The location, by its id in the source.';
comment on column core.encounter.appointment_id is 'The appointment that it fulfils, by its id in the source. Null: none is named.';
comment on column core.encounter.visit_number is 'The visit number, which the schedule and the EHR share.';
comment on column core.encounter.reason_code is 'Why the patient came.';

comment on table core.condition is 'A diagnosis or problem (FHIR Condition).';
comment on column core.condition.clinical_status is 'FHIR condition-clinical: active, resolved and so on.';
comment on column core.condition.verification_status is 'FHIR condition-ver-status: confirmed, refuted, entered-in-error and so on.';
comment on column core.condition.category_code is 'problem-list-item or encounter-diagnosis.';
comment on column core.condition.code_system is 'Code system of code.';
comment on column core.condition.code is 'The diagnosis.';
comment on column core.condition.onset_at is 'When it began.';
comment on column core.condition.abated_at is 'When it ended. Null: it has not.';
comment on column core.condition.recorded_at is 'When it was recorded.';
comment on column core.condition.encounter_id is 'The visit or stay, by its id in the source.';

comment on table core.procedure is 'Something that was done for a patient (FHIR Procedure).';
comment on column core.procedure.status is 'FHIR event-status: completed, in-progress, entered-in-error and so on.';
comment on column core.procedure.code_system is 'Code system of code.';
comment on column core.procedure.code is 'What was done.';
comment on column core.procedure.starts_at is 'When it began, or the moment at which it was done.';
comment on column core.procedure.ends_at is 'When it ended.';
comment on column core.procedure.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.procedure.practitioner_id is 'The practitioner, by the id in the source.';

comment on table core.document_reference is 'A note or other document: about it, not its content (FHIR DocumentReference).';
comment on column core.document_reference.status is 'FHIR document-reference-status: current, superseded, entered-in-error.';
comment on column core.document_reference.doc_status is 'FHIR composition-status: preliminary, final, amended, entered-in-error.';
comment on column core.document_reference.type_system is 'Code system of type_code.';
comment on column core.document_reference.type_code is 'Type of document.';
comment on column core.document_reference.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.document_reference.authored_at is 'When it was written.';
comment on column core.document_reference.authenticated_at is 'When it was signed. Null: not signed, or the source has no element for it.';
comment on column core.document_reference.author_id is 'Who wrote it, by the id in the source.';
comment on column core.document_reference.authenticator_id is 'Who signed it, by the id in the source. Null: nobody.';

comment on table core.communication is 'A contact with a patient, or an attempt at one (FHIR Communication).';
comment on column core.communication.status is 'FHIR event-status: completed, stopped, in-progress and so on.';
comment on column core.communication.outcome_code is 'How it went: the coded reason of its status. Null: not said, as of a message that was sent.';
comment on column core.communication.category_code is 'What it was about.';
comment on column core.communication.medium_code is 'How: phone, sms, letter and so on.';
comment on column core.communication.sent_at is 'When it was made.';
comment on column core.communication.received_at is 'When it was received.';
comment on column core.communication.sender_id is 'Who made it, by the id in the source. Null: nobody of the staff, or not said.';
comment on column core.communication.based_on is 'Ids of the requests that it fulfils, as a JSON array.';
comment on column core.communication.part_of is 'Ids of the tasks or communications that it is part of, as a JSON array.';
comment on column core.communication.about is 'Ids of the resources that it is about, as a JSON array.';

comment on table core.task is 'A request of ours as its receiver shows it (FHIR Task).';
comment on column core.task.status is 'FHIR task-status: requested, accepted, in-progress, completed, failed and so on.';
comment on column core.task.business_status is 'The receiver''s own word for where it stands.';
comment on column core.task.code is 'What is asked for.';
comment on column core.task.based_on is 'Ids of the requests that it fulfils, as a JSON array; where none is named, of its focus.';
comment on column core.task.focus is 'What it acts on, by the id in the source.';
comment on column core.task.owner_id is 'Who works on it, by the id in the source.';
comment on column core.task.our_identifier is 'The key that we sent with it: the effect key, else the task id. Null: not a request of ours.';
comment on column core.task.authored_at is 'When it was made.';
comment on column core.task.last_modified_at is 'When it was last changed.';

comment on table core.charge_item is 'One line of the clinician''s own charge: the only source of codes, units, diagnoses and level (FHIR ChargeItem).';
comment on column core.charge_item.status is 'FHIR chargeitem-status: planned, billable, not-billable, billed, aborted, entered-in-error.';
comment on column core.charge_item.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.charge_item.code_system is 'Code system of code.';
comment on column core.charge_item.code is 'The service: CPT or HCPCS.';
comment on column core.charge_item.modifiers is 'Modifiers of the code, in the order of the source.';
comment on column core.charge_item.quantity is 'Units.';
comment on column core.charge_item.unit_price is 'Dollars for one unit: the amount over the units. Null: one of them is missing.';
comment on column core.charge_item.amount is 'Dollars for the whole line. Null: the price is not said.';
comment on column core.charge_item.diagnoses is 'Diagnoses (ICD-10-CM) in the order in which the clinician gave them.';
comment on column core.charge_item.performer_id is 'Who rendered the service, by the id in the source.';
comment on column core.charge_item.mdm_level is 'Documented level of medical decision-making: straightforward, low, moderate or high.';
comment on column core.charge_item.occurred_at is 'When the service was rendered. Null: not said, the time of the visit counts.';
comment on column core.charge_item.entered_at is 'When the charge was entered.';
comment on column core.charge_item.is_self_pay_restricted is 'Whether the patient paid out of pocket and asked that the payer not be told (45 CFR 164.522).';
comment on column core.charge_item.no_charge_reason is 'Why the clinician charges nothing. Null: it is charged.';
comment on column core.charge_item.global_period is 'Whether the service falls into the global period of an operation and is not paid apart.';

comment on table core.claim is 'A claim as it was submitted, by us or by others (X12 837, a CLM loop), or as the EHR knows it (FHIR Claim).';
comment on column core.claim.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column core.claim.kind is '837P, 837I or 837D for a copy of a submitted claim; fhir or fhir: and its type for the EHR''s own.';
comment on column core.claim.use is 'claim, or encounter (X12 BHT06 RP), or the use of FHIR Claim.';
comment on column core.claim.status is 'active for a copy of a submitted claim; else the status of FHIR Claim.';
comment on column core.claim.submitter_id is 'Who submitted it (ISA06).';
comment on column core.claim.receiver_id is 'To whom (ISA08).';
comment on column core.claim.frequency_code is '1 original, 7 replacement, 8 void (CLM05-3).';
comment on column core.claim.original_payer_claim_number is 'The payer''s number of the claim that this one replaces or voids (REF F8).';
comment on column core.claim.total_charge is 'Dollars charged for all lines (CLM02).';
comment on column core.claim.billing_npi is 'NPI of the billing provider.';
comment on column core.claim.billing_tax_id is 'Tax id of the billing provider.';
comment on column core.claim.rendering_npi is 'NPI of who rendered the service, where the whole claim has one.';
comment on column core.claim.place_of_service is 'CMS place of service code.';
comment on column core.claim.filing_code is 'Claim filing indicator (SBR09).';
comment on column core.claim.payer_id is 'The payer, by the id that claims use.';
comment on column core.claim.payer_name is 'The payer''s name.';
comment on column core.claim.member_id is 'The member number at the payer.';
comment on column core.claim.service_from is 'First day of service.';
comment on column core.claim.service_to is 'Last day of service.';
comment on column core.claim.diagnoses is 'Diagnoses (ICD-10-CM) in the order of the claim.';
comment on column core.claim.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.claim.medical_record_number is 'The patient''s record number (REF EA).';
comment on column core.claim.family is 'The patient''s family name as the claim has it.';
comment on column core.claim.given is 'The patient''s given name as the claim has it.';
comment on column core.claim.birth_date is 'The patient''s date of birth as the claim has it.';
comment on column core.claim.sex is 'The patient''s sex as the claim has it: F, M or U.';
comment on column core.claim.created_at is 'When the claim was written (BHT04 and 05, else its group).';
comment on column core.claim.interchange_control_number is 'Interchange control number of its file (ISA13).';
comment on column core.claim.group_control_number is 'Group control number (GS06).';
comment on column core.claim.transaction_control_number is 'Transaction set control number (ST02).';

comment on table core.claim_line is 'A service line of a claim.';
comment on column core.claim_line.claim_source_id is 'The claim, by its source_id in the same source.';
comment on column core.claim_line.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column core.claim_line.line_no is 'Number of the line within the claim, from 1.';
comment on column core.claim_line.code is 'The service: CPT or HCPCS.';
comment on column core.claim_line.modifiers is 'Modifiers of the code, in the order of the claim.';
comment on column core.claim_line.charge is 'Dollars charged for the line.';
comment on column core.claim_line.units is 'Units.';
comment on column core.claim_line.service_from is 'First day of service; that of the claim where the line names none.';
comment on column core.claim_line.service_to is 'Last day of service; that of the claim where the line names none.';
comment on column core.claim_line.diagnosis_pointers is 'Which diagnoses of the claim it is for: their places from 1, with colons between.';
comment on column core.claim_line.line_control_number is 'The submitter''s number of the line (REF 6R).';
comment on column core.claim_line.rendering_npi is 'NPI of who rendered the service; that of the claim where the line names none.';
comment on column core.claim_line.place_of_service is 'CMS place of service code; that of the claim where the line names none.';

comment on table core.claim_response is 'One status of one claim, as a receiver reports it (X12 277CA, an STC).';
comment on column core.claim_response.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column core.claim_response.payer_claim_number is 'The payer''s own number of the claim.';
comment on column core.claim_response.category_code is 'Status category (X12 507): A0 forwarded, A1 received, A2 accepted, A3 to A8 not taken.';
comment on column core.claim_response.status_code is 'Status within the category (X12 508).';
comment on column core.claim_response.entity_code is 'Whom the status is about (X12 98).';
comment on column core.claim_response.is_from_payer is 'Whether the payer speaks, and not a clearinghouse between. Only the payer''s A2 is acceptance.';
comment on column core.claim_response.effective_on is 'Day of the status.';
comment on column core.claim_response.total_charge is 'Dollars charged, as the receiver read them.';
comment on column core.claim_response.sender_id is 'Who reports it: the information source, else the sender of the file.';
comment on column core.claim_response.member_id is 'The member number at the payer.';
comment on column core.claim_response.service_from is 'First day of service, as the receiver read it.';
comment on column core.claim_response.batch_reference is 'The reference of the file that is answered (TRN of the receiver''s level).';

comment on table core.functional_acknowledgement is 'What a receiver says of a file of ours: of its syntax (X12 999), or of its envelope (TA1).';
comment on column core.functional_acknowledgement.group_control_number is 'Group control number of ours that is acknowledged (AK102).';
comment on column core.functional_acknowledgement.transaction_control_number is 'Transaction set (AK202) or, of a TA1, interchange control number of ours that is acknowledged.';
comment on column core.functional_acknowledgement.functional_id is 'Functional identifier of the group (AK101).';
comment on column core.functional_acknowledgement.transaction_set is 'The transaction set that is judged: 837, 270 and so on; TA1 for an interchange.';
comment on column core.functional_acknowledgement.status_code is 'A accepted, E accepted with errors, P partly, R, M, W, X rejected.';
comment on column core.functional_acknowledgement.error_codes is 'Syntax errors, as codes.';
comment on column core.functional_acknowledgement.group_status_code is 'The same of the whole group (AK901).';
comment on column core.functional_acknowledgement.sender_id is 'Who acknowledges (ISA06).';

comment on table core.eligibility_response is 'What a payer says of a member''s coverage (X12 271).';
comment on column core.eligibility_response.trace_number is 'Our trace number: the task that asked, without dashes (TRN02).';
comment on column core.eligibility_response.payer_id is 'The payer, by the id that claims use.';
comment on column core.eligibility_response.member_id is 'The member number at the payer.';
comment on column core.eligibility_response.as_of_date is 'The day for which the answer holds.';
comment on column core.eligibility_response.is_active is 'Whether the member is covered.';
comment on column core.eligibility_response.part_b_from is 'First day of Medicare Part B.';
comment on column core.eligibility_response.part_b_to is 'Last day of Medicare Part B. Null: open.';
comment on column core.eligibility_response.is_advantage is 'Whether a Medicare Advantage plan stands before Part B.';
comment on column core.eligibility_response.advantage_payer_name is 'The name of that plan or its payer.';
comment on column core.eligibility_response.next_g0402_on is 'First day on which G0402 (Welcome to Medicare) is covered.';
comment on column core.eligibility_response.next_g0438_on is 'First day on which G0438 (first annual wellness visit) is covered.';
comment on column core.eligibility_response.next_g0439_on is 'First day on which G0439 (later annual wellness visits) is covered.';
comment on column core.eligibility_response.is_hospice is 'Whether the member is in hospice care on as_of_date.';
comment on column core.eligibility_response.is_qmb is 'Whether the member is a Qualified Medicare Beneficiary, who may not be billed a share.';
comment on column core.eligibility_response.reject_code is 'Why the payer refused to answer (AAA03). Null: it answered.';
comment on column core.eligibility_response.family is 'The member''s family name as the payer has it.';
comment on column core.eligibility_response.given is 'The member''s given name as the payer has it.';
comment on column core.eligibility_response.birth_date is 'The member''s date of birth as the payer has it.';
comment on column core.eligibility_response.sex is 'The member''s sex as the payer has it: F, M or U.';

comment on table core.payment is 'What a payer did with a claim (X12 835, a CLP loop).';
comment on column core.payment.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column core.payment.payer_claim_number is 'The payer''s own number of the claim.';
comment on column core.payment.status_code is 'Claim status (CLP02): 1 to 3 processed as primary, secondary, tertiary; 4 denied; 22 reversal.';
comment on column core.payment.is_reversal is 'Whether it takes an earlier payment back (CLP02 = 22); its amounts are the opposite of that payment''s.';
comment on column core.payment.filing_code is 'Claim filing indicator (CLP06).';
comment on column core.payment.payer_id is 'The payer, by the id that claims use.';
comment on column core.payment.payer_name is 'The payer''s name.';
comment on column core.payment.member_id is 'The member number at the payer.';
comment on column core.payment.family is 'The patient''s family name, as the payer has it.';
comment on column core.payment.given is 'The patient''s given name, as the payer has it.';
comment on column core.payment.birth_date is 'The patient''s date of birth.';
comment on column core.payment.sex is 'The patient''s sex.';
comment on column core.payment.total_charge is 'Dollars that were charged (CLP03).';
comment on column core.payment.paid_amount is 'Dollars that the payer paid (CLP04).';
comment on column core.payment.patient_responsibility is 'Dollars that the payer leaves to the patient (group PR).';
comment on column core.payment.contractual_amount is 'Dollars that the contract or the law takes off, and nobody owes.';
comment on column core.payment.denied_amount is 'Dollars that the payer withheld for another reason than the contract.';
comment on column core.payment.other_adjustment is 'Dollars of corrections and of adjustments without a known group.';
comment on column core.payment.adjustments is 'Adjustments of the whole claim (CAS): an array of objects with group, reason (CARC), amount and quantity.';
comment on column core.payment.remark_codes is 'Remark codes of the claim (RARC; MOA, MIA).';
comment on column core.payment.check_number is 'Number of the check or transfer (TRN02).';
comment on column core.payment.payment_method is 'CHK, ACH, NON and so on (BPR04).';
comment on column core.payment.paid_on is 'Day of the payment (BPR16).';
comment on column core.payment.produced_on is 'Day on which the payer produced it (DTM 405).';
comment on column core.payment.service_from is 'First day of service.';
comment on column core.payment.crossover_payer is 'The payer to which the claim was forwarded. Null: to none.';

comment on table core.payment_line is 'What a payer did with a service line of a claim (X12 835, an SVC loop).';
comment on column core.payment_line.payment_source_id is 'The payment, by its source_id in the same source.';
comment on column core.payment_line.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column core.payment_line.line_no is 'Number of the line within the payment, from 1.';
comment on column core.payment_line.line_control_number is 'The submitter''s number of the line (REF 6R).';
comment on column core.payment_line.code is 'The service: CPT or HCPCS, as the payer paid it.';
comment on column core.payment_line.modifiers is 'Modifiers of the code, in the order of the payer.';
comment on column core.payment_line.charge is 'Dollars that were charged (SVC02).';
comment on column core.payment_line.paid_amount is 'Dollars that the payer paid (SVC03).';
comment on column core.payment_line.units is 'Units paid; 1 where the payer names none.';
comment on column core.payment_line.patient_responsibility is 'Dollars that the payer leaves to the patient (group PR).';
comment on column core.payment_line.contractual_amount is 'Dollars that the contract or the law takes off, and nobody owes.';
comment on column core.payment_line.denied_amount is 'Dollars that the payer withheld for another reason than the contract.';
comment on column core.payment_line.other_adjustment is 'Dollars of corrections and of adjustments without a known group.';
comment on column core.payment_line.adjustments is 'Adjustments of the line (CAS): an array of objects with group, reason (CARC), amount and quantity.';
comment on column core.payment_line.remark_codes is 'Remark codes of the line (RARC; LQ).';
comment on column core.payment_line.service_from is 'First day of service; that of the claim where the line names none.';
comment on column core.payment_line.is_reversal is 'Whether it takes an earlier payment back (CLP02 = 22); its amounts are the opposite of that payment''s.';

comment on table core.provider_adjustment is 'Money between payer and provider that belongs to no claim (X12 835, PLB).';
comment on column core.provider_adjustment.provider_npi is 'NPI of the provider (PLB01).';
comment on column core.provider_adjustment.fiscal_period_end is 'Last day of the provider''s fiscal period (PLB02).';
comment on column core.provider_adjustment.reason_code is 'Why: WO, FB, L6, 72 and so on (PLB03-1).';
comment on column core.provider_adjustment.reference is 'What it refers to (PLB03-2).';
comment on column core.provider_adjustment.amount is 'Dollars; a positive amount is taken from the provider.';
comment on column core.provider_adjustment.check_number is 'Number of the check or transfer (TRN02).';
comment on column core.provider_adjustment.payer_id is 'The payer, by the id that claims use.';

comment on table core.payment_notice is 'That the patient''s share was paid, or written off by a named person (FHIR PaymentNotice). Several may come for one claim; their sum counts.';
comment on column core.payment_notice.status is 'FHIR financial-resource-status: active, cancelled, entered-in-error.';
comment on column core.payment_notice.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column core.payment_notice.payment_status is 'paid or written-off, as the source says.';
comment on column core.payment_notice.amount is 'Dollars.';
comment on column core.payment_notice.paid_on is 'Day of the payment.';
comment on column core.payment_notice.recorded_at is 'When it was recorded.';
comment on column core.payment_notice.recorder is 'Who recorded it, by name. A write-off without one proves nothing.';
comment on column core.payment_notice.receipt_number is 'The receipt.';

comment on table core.practitioner is 'Who sees, writes, signs and bills (FHIR Practitioner).';
comment on column core.practitioner.npi is 'NPI.';
comment on column core.practitioner.family is 'Family name.';
comment on column core.practitioner.given is 'First given name.';
comment on column core.practitioner.is_active is 'Whether the record is in use.';
comment on column core.practitioner.qualification_code is 'Degree (HL7 v2 table 0360).';
comment on column core.practitioner.taxonomy_code is 'Provider taxonomy code (NUCC).';
comment on column core.practitioner.is_billable is 'Whether this degree may bill a visit, by the list in the source''s definition. Null: no degree is named.';

comment on table core.organization is 'A billing provider or other organization (FHIR Organization).';
comment on column core.organization.npi is 'NPI.';
comment on column core.organization.tax_id is 'Tax id.';
comment on column core.organization.name is 'Name.';
comment on column core.organization.type_code is 'Type of organization.';
comment on column core.organization.address_line is 'First line of the address.';
comment on column core.organization.city is 'City.';
comment on column core.organization.state is 'State.';
comment on column core.organization.postal_code is 'Postal code.';
comment on column core.organization.phone is 'Phone number, digits only.';
comment on column core.organization.taxonomy_code is 'Provider taxonomy code (NUCC).';
comment on column core.organization.is_active is 'Whether the record is in use.';

comment on table core.location is 'Where services are rendered (FHIR Location).';
comment on column core.location.name is 'Name.';
comment on column core.location.organization_id is 'The organization that runs it, by its id in the source.';
comment on column core.location.place_of_service is 'CMS place of service code.';
comment on column core.location.npi is 'NPI of the service facility.';
comment on column core.location.status is 'FHIR location-status: active, suspended, inactive.';

comment on table core.appointment is 'An appointment as the schedule last said it (HL7 v2 SIU).';
comment on column core.appointment.status is 'FHIR appointmentstatus: pending, waitlist, booked, arrived, fulfilled, cancelled, noshow, entered-in-error.';
comment on column core.appointment.trigger_event is 'The event of the message: S12 to S17, S26.';
comment on column core.appointment.placer_id is 'The appointment''s id at who asked for it (SCH-1).';
comment on column core.appointment.filler_id is 'The appointment''s id in the schedule (SCH-2).';
comment on column core.appointment.visit_type_code is 'Type of visit (SCH-8, else SCH-7, else AIS-3).';
comment on column core.appointment.starts_at is 'When it begins.';
comment on column core.appointment.ends_at is 'When it ends. Null: neither end nor length is said.';
comment on column core.appointment.practitioner_id is 'With whom, by the id in the schedule.';
comment on column core.appointment.practitioner_npi is 'With whom, by NPI. Null: no NPI is typed as one.';
comment on column core.appointment.location_id is 'Where: point of care, room and facility, with slashes between.';
comment on column core.appointment.visit_number is 'The visit number, which the schedule and the EHR share (PV1-19).';
comment on column core.appointment.recorded_at is 'When the message was written (MSH-7).';
comment on column core.appointment.cancel_reason_code is 'Why it was cancelled or missed (SCH-6).';
comment on column core.appointment.cancelled_by is 'Who cancelled it: patient or clinic, by the map of the source''s definition. Null: not cancelled, or not known.';
comment on column core.appointment.mrn is 'The patient''s medical record number.';
comment on column core.appointment.identifiers is 'All patient identifiers of the message: an array of objects with value, authority and type.';
comment on column core.appointment.family is 'The patient''s family name as the schedule has it.';
comment on column core.appointment.given is 'The patient''s given name as the schedule has it.';
comment on column core.appointment.birth_date is 'The patient''s date of birth as the schedule has it.';
comment on column core.appointment.sex is 'The patient''s sex as the schedule has it: F, M, O or U.';
comment on column core.appointment.phone is 'The patient''s phone number as the schedule has it, digits only.';
comment on column core.appointment.postal_code is 'The patient''s postal code as the schedule has it.';

comment on function staging.refresh_statistics(text) is 'Counts a table of staging again; the loader owns none.';

-- Staging says the same of what it has.
do $$
declare
    meant record;
begin
    for meant in
        select s.relname, a.attname, col_description(c.oid, o.attnum) as meaning
        from pg_class as s
        inner join pg_class as c on c.relname = s.relname and c.relnamespace = 'core'::regnamespace
        inner join pg_attribute as a on a.attrelid = s.oid and a.attnum > 0 and not a.attisdropped
        inner join pg_attribute as o on o.attrelid = c.oid and o.attname = a.attname
        where s.relnamespace = 'staging'::regnamespace and s.relkind = 'r'
    loop
        execute format('comment on column staging.%I.%I is %L', meant.relname, meant.attname, meant.meaning);
        execute format('comment on table staging.%I is %L', meant.relname, 'Rows of core.' || meant.relname || ' on their way there.');
    end loop;
end
$$;
