-- depends: 0222.codes-not-known

comment on column landing.search.source is 'The system of record, by the name of its definition.';
comment on column landing.search.feed is 'The feed, by its name in the catalogue.';
comment on column landing.search.known_seq is 'The night in which we learned it (operations.night): the one that searched.';
comment on column landing.searched_subject.source is 'The system of record, by the name of its definition.';
comment on column landing.searched_subject.feed is 'The feed, by its name in the catalogue.';
comment on column landing.searched_subject.known_seq is 'The night in which we learned it (operations.night): the one that asked about the person.';
comment on column landing.wanted_subject.source is 'The system of record, by the name of its definition.';
comment on column landing.wanted_subject.subject_id is 'The patient, by the id of the source.';
comment on column landing.wanted_subject.due_at is 'When the next step of their open cases is due: the earliest.';
comment on column landing.file.closed_seq is 'The night in which it ended (operations.night): from it on, a refused file holds back nothing. Null: it waits for a person, or it was not refused.';
comment on column landing.undecided_file.closed_seq is 'The night in which it ended (operations.night): from it on, the file holds back nothing. Null: it waits.';
comment on column staging.eligibility_response.is_advantage is 'Whether a Medicare Advantage plan (Part C, of any kind) stands before Part B on the asked day. Null: the answer says nothing, or does not determine it.';
comment on column staging.eligibility_response.is_plan_unclear is 'Whether the answer names a plan of the asked day of which it does not say whether it is Part C.';
comment on column staging.payment_line.code is 'The code that was submitted: HCPCS or CPT, or the institution''s revenue code.';
comment on column staging.payment_line.modifiers is 'The modifiers that were submitted.';
comment on column staging.payment_line.units is 'The units that were submitted.';
comment on column staging.payment_line.paid_code is 'The code that the payer paid instead (SVC01 where SVC06 names the submitted one). Null: it paid what was submitted.';
comment on column staging.payment_line.paid_modifiers is 'The modifiers of paid_code.';
comment on column staging.payment_line.paid_units is 'The units that were paid, where others were submitted (SVC05, SVC07). Null: the same.';
