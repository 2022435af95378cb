-- depends: 0030.planning

-- A claim that was refused, or that the payer rejected before adjudication, makes room for another of
-- the same visit; a standing one never does.
alter table tasks.claim drop constraint claim_effect_key_frequency_code_key;

create unique index claim_standing on tasks.claim (effect_key, frequency_code)
where status in ('prepared', 'batched', 'released', 'sent');

create index claim_effect on tasks.claim (effect_key);

create index transmission_task_of on tasks.transmission (person_id, kind);

create index claim_batch_waiting on tasks.claim_batch (status) where status in ('waiting', 'released');
