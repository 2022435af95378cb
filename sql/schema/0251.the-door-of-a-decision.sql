-- depends: 0250.what-is-attested

-- Through which door a decision came, and what that door itself recorded of it.
alter table operations.decision
add column door text not null default 'before',
add column record jsonb not null default '{}'::jsonb;

alter table operations.decision alter column door set default 'command_line';

alter table operations.decision
add constraint decision_door check (door in ('question', 'page', 'command_line', 'before'));

comment on column operations.decision.door is 'question: the answer to a question in Airflow. page: a page in Airflow. command_line: a command. before: made before this was recorded.';
comment on column operations.decision.record is 'What the door itself recorded: of an answer in Airflow its user''s id, run and time.';
