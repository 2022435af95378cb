-- depends: 0190.money-that-does-not-balance

-- A payer may name a plan without saying whether it is Part C: a person decides.
alter table core.eligibility_response add column is_plan_unclear boolean not null default false;
alter table staging.eligibility_response add column is_plan_unclear boolean not null default false;

comment on column core.eligibility_response.is_advantage is 'Whether a Medicare Advantage plan (Part C, of any kind) stands before Part B on the asked day. Null: the answer says nothing, or does not determine it.';
comment on column core.eligibility_response.is_plan_unclear is 'Whether the answer names a plan of the asked day of which it does not say whether it is Part C.';
