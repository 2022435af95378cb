-- depends: 0705.answers

-- What records say besides, and was not kept: further codings, the orders that they answer, why something was not done.
alter table core.task
add column orders jsonb,
add column code_system text,
add column codings jsonb,
add column requester_id text,
add column outputs jsonb;
alter table staging.task
add column orders jsonb,
add column code_system text,
add column codings jsonb,
add column requester_id text,
add column outputs jsonb;
comment on column core.task.orders is 'The orders that it is to fulfil, by their ids in the source.';
comment on column core.task.code_system is 'Code system of code.';
comment on column core.task.codings is 'All codings of code and of what came of it, each with system and code, if there are several.';
comment on column core.task.requester_id is 'Who asked for it, by the id in the source.';
comment on column core.task.outputs is 'What came of it, by the ids in the source.';
comment on column staging.task.orders is 'The orders that it is to fulfil, by their ids in the source.';
comment on column staging.task.code_system is 'Code system of code.';
comment on column staging.task.codings is 'All codings of code and of what came of it, each with system and code, if there are several.';
comment on column staging.task.requester_id is 'Who asked for it, by the id in the source.';
comment on column staging.task.outputs is 'What came of it, by the ids in the source.';
alter table core.appointment
add column orders jsonb;
alter table staging.appointment
add column orders jsonb;
comment on column core.appointment.orders is 'The orders that it is for, by their ids in the source.';
comment on column staging.appointment.orders is 'The orders that it is for, by their ids in the source.';
alter table core.condition
add column codings jsonb;
alter table staging.condition
add column codings jsonb;
comment on column core.condition.codings is 'All codings of code, each with system and code, if it has several.';
comment on column staging.condition.codings is 'All codings of code, each with system and code, if it has several.';
alter table core.procedure
add column codings jsonb,
add column not_done_value_set text,
add column reason_system text,
add column reason_code text,
add column reason_codings jsonb,
add column day_only boolean,
add column orders jsonb;
alter table staging.procedure
add column codings jsonb,
add column not_done_value_set text,
add column reason_system text,
add column reason_code text,
add column reason_codings jsonb,
add column day_only boolean,
add column orders jsonb;
comment on column core.procedure.codings is 'All codings of code, each with system and code, if it has several.';
comment on column core.procedure.not_done_value_set is 'The value set of which nothing was done (QI-Core, notDoneValueSet), by its address.';
comment on column core.procedure.reason_system is 'Code system of reason_code.';
comment on column core.procedure.reason_code is 'Why it was not done, or was broken off.';
comment on column core.procedure.reason_codings is 'All codings of the reason, each with system and code, if it has several.';
comment on column core.procedure.day_only is 'Whether the source says only the day of starts_at.';
comment on column core.procedure.orders is 'The orders that it answers, by their ids in the source.';
comment on column staging.procedure.codings is 'All codings of code, each with system and code, if it has several.';
comment on column staging.procedure.not_done_value_set is 'The value set of which nothing was done (QI-Core, notDoneValueSet), by its address.';
comment on column staging.procedure.reason_system is 'Code system of reason_code.';
comment on column staging.procedure.reason_code is 'Why it was not done, or was broken off.';
comment on column staging.procedure.reason_codings is 'All codings of the reason, each with system and code, if it has several.';
comment on column staging.procedure.day_only is 'Whether the source says only the day of starts_at.';
comment on column staging.procedure.orders is 'The orders that it answers, by their ids in the source.';
alter table core.encounter
add column type_codings jsonb,
add column orders jsonb;
alter table staging.encounter
add column type_codings jsonb,
add column orders jsonb;
comment on column core.encounter.type_codings is 'All codings of the types, each with system and code, if there are several.';
comment on column core.encounter.orders is 'The orders that it answers, by their ids in the source.';
comment on column staging.encounter.type_codings is 'All codings of the types, each with system and code, if there are several.';
comment on column staging.encounter.orders is 'The orders that it answers, by their ids in the source.';
alter table core.document_reference
add column type_codings jsonb,
add column orders jsonb;
alter table staging.document_reference
add column type_codings jsonb,
add column orders jsonb;
comment on column core.document_reference.type_codings is 'All codings of the type, each with system and code, if it has several.';
comment on column core.document_reference.orders is 'The orders that it answers, by their ids in the source.';
comment on column staging.document_reference.type_codings is 'All codings of the type, each with system and code, if it has several.';
comment on column staging.document_reference.orders is 'The orders that it answers, by their ids in the source.';
alter table core.charge_item
add column codings jsonb;
alter table staging.charge_item
add column codings jsonb;
comment on column core.charge_item.codings is 'All codings of code, each with system and code, if it has several.';
comment on column staging.charge_item.codings is 'All codings of code, each with system and code, if it has several.';
