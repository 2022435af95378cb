-- depends: 0704.orders

create table core.questionnaire_response (
    status text,
    questionnaire text,
    authored_at timestamptz,
    day_only boolean,
    encounter_id text,
    author_id text,
    orders jsonb
);

comment on table core.questionnaire_response is 'A questionnaire that was filled in (FHIR QuestionnaireResponse).';
comment on column core.questionnaire_response.status is 'FHIR questionnaire-answers-status: in-progress, completed, amended, entered-in-error, stopped.';
comment on column core.questionnaire_response.questionnaire is 'The questionnaire, by its address, without its version.';
comment on column core.questionnaire_response.authored_at is 'When it was written.';
comment on column core.questionnaire_response.day_only is 'Whether the source says only the day of authored_at.';
comment on column core.questionnaire_response.encounter_id is 'The visit or stay, by its id in the source.';
comment on column core.questionnaire_response.author_id is 'Who wrote the answers down, by the id in the source.';
comment on column core.questionnaire_response.orders is 'The orders that it answers, by their ids in the source.';

call core.add_record('questionnaire_response');

create table core.questionnaire_answer (
    questionnaire_response_source_id text,
    link_id text,
    value numeric,
    unit text,
    value_system text,
    value_code text,
    value_on date
);

comment on table core.questionnaire_answer is 'An answer of a questionnaire that was filled in. Answers in free text are left out.';
comment on column core.questionnaire_answer.questionnaire_response_source_id is 'The questionnaire that was filled in, by its source_id in the same source.';
comment on column core.questionnaire_answer.link_id is 'The question, by its number in the questionnaire.';
comment on column core.questionnaire_answer.value is 'The answer, where it is a number, in unit.';
comment on column core.questionnaire_answer.unit is 'Unit of value: by UCUM where the source has that, else as it writes it.';
comment on column core.questionnaire_answer.value_system is 'Code system of value_code.';
comment on column core.questionnaire_answer.value_code is 'The answer, where it is a code, or true or false.';
comment on column core.questionnaire_answer.value_on is 'The answer, where it is a date.';

call core.add_record('questionnaire_answer');

create index questionnaire_answer_response_source_id on core.questionnaire_answer (questionnaire_response_source_id);
