-- depends: 0141.meaning-of-records

-- What the tables of persons and facts mean.

comment on schema identity is 'Which records of which systems are one human. What stood on an earlier night is kept.';
comment on schema evidence is 'What the systems of record state about a patient, in one narrow ledger, and what their codes mean to us.';

comment on table identity.person is 'One human across all systems.';
comment on column identity.person.person_id is 'The person. The id follows from the record number, or from the record, that made the person known.';
comment on column identity.person.source is 'The system of record, by the name of its definition, whose record made the person known; or mrn: then source_id is a record number.';
comment on column identity.person.source_id is 'The id of that record in its source, or the record number.';
comment on column identity.person.known_seq is 'The night in which we learned it (operations.night).';

comment on table identity.link is 'Whose record a record is, from one night until another. Of a record at most one link is active; a doubt stands beside it or instead of it.';
comment on column identity.link.source is 'The system of record, by the name of its definition.';
comment on column identity.link.source_id is 'A patient of the source, or what it names one by: a record number, payer and member number with a bar between, or pcn: and the control number of a claim.';
comment on column identity.link.person_id is 'The person (identity.person).';
comment on column identity.link.method is 'What decided: own record, merge, identifier, decision; of a doubt: conflicting identifiers, or what is alike.';
comment on column identity.link.score is 'How sure: 1 of an active link, 0.5 of a doubt.';
comment on column identity.link.status is 'active: it is. doubt: it may be; nothing is done for the person until a named person decides. The word retired is not written: retired_seq says it.';
comment on column identity.link.known_seq is 'The night in which we learned it (operations.night).';
comment on column identity.link.retired_seq is 'The night in which it ceased to stand. Null: it stands.';
comment on column identity.link.decision_id is 'The decision of a named person behind it (operations.decision). Null: none.';

comment on table identity.identifier is 'The identifiers that join records across systems: which record carries which, from one night until another.';
comment on column identity.identifier.system is 'mrn: a record number. member: payer and member number. member_born: these and the date of birth. claim: a patient control number.';
comment on column identity.identifier.value is 'The identifier; parts of it have bars between.';
comment on column identity.identifier.source is 'The system of record, by the name of its definition.';
comment on column identity.identifier.source_id is 'The record that carries it, as in identity.link.';
comment on column identity.identifier.known_seq is 'The night in which we learned it (operations.night).';
comment on column identity.identifier.retired_seq is 'The night in which it ceased to stand. Null: it stands.';

comment on table evidence.fact is 'One fact that a system of record states about a patient: a call, a booking, a visit, a note, a claim, a payment. It stands from known_seq until retracted_seq. Whose it is follows from identity.link, so that a merge does not rewrite the past.';
comment on column evidence.fact.fact_id is 'The fact. Its id follows from source, source_ref, kind and source_version.';
comment on column evidence.fact.subject_source is 'The source in which the patient has the id subject_id. Null: about no patient that could be told.';
comment on column evidence.fact.subject_id is 'The patient as the source names them, as in identity.link.';
comment on column evidence.fact.kind is 'The kind of fact: visit, booking, contact, note, charge, claim, remittance and so on.';
comment on column evidence.fact.code_system is 'Code system of code, or the name of our own list.';
comment on column evidence.fact.code is 'What it says, in its system''s code or in ours, by kind: the outcome of a contact, the service of a charge, the payer class of a coverage. Null: the kind has none.';
comment on column evidence.fact.amount is 'Dollars: charged, paid, or paid by the patient. Null: the kind has none.';
comment on column evidence.fact.occurred_at is 'When it happened, in the source''s words. Of a day alone: its beginning in the practice''s time zone.';
comment on column evidence.fact.starts_at is 'When the period begins, or the appointment, stay or service. Null: the kind has none.';
comment on column evidence.fact.ends_at is 'When it ends. Null: the kind has none, or it is open.';
comment on column evidence.fact.known_seq is 'The night in which we learned it (operations.night).';
comment on column evidence.fact.retracted_seq is 'The night in which it ceased to stand: a newer version took its place, or the source took it back. Null: it stands.';
comment on column evidence.fact.source is 'The system of record, by the name of its definition.';
comment on column evidence.fact.source_ref is 'The record that states it: its table in core, a slash, and its source_id.';
comment on column evidence.fact.source_version is 'The version of the record that states it.';
comment on column evidence.fact.batch_id is 'The delivery (landing.batch).';
comment on column evidence.fact.identifiers is 'What joins it to other facts, by name: encounter, appointment, visit_number, patient_control_number, task and so on. Absent: not said.';
comment on column evidence.fact.detail is 'What else the kind has, by name: see the file of facts of the table in sql/evidence. Absent: not said.';
comment on column evidence.fact.reverses is 'The remittance that this reversal takes back. Null: no reversal, or none was found.';
comment on column evidence.fact.supersedes is 'Not written.';

comment on table evidence.code_map is 'What the codes of the systems of record mean to us; written from codes.yaml and payers.yaml when a night begins.';
comment on column evidence.code_map.map is 'The list: disposition, contact_outcome, payer_class_by_type and so on.';
comment on column evidence.code_map.system is 'The code system. Empty: any.';
comment on column evidence.code_map.code is 'The code in that system.';
comment on column evidence.code_map.value is 'Our word for it.';

comment on function evidence.mapped(text, text, text) is 'Our word for a code: by its system, else by the code alone. Null: the map has none.';
comment on function evidence.payer_class(text, text, text) is 'The class of payer of a coverage: by the payer, else its SOPT type, else its claim filing indicator, else other.';
comment on function evidence.facility_class(text, text) is 'The class of facility of a stay. Null: a visit that is no stay.';
comment on function evidence.day_start(date) is 'The moment at which a day of the practice begins.';
