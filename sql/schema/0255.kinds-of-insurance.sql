-- depends: 0251.the-door-of-a-decision

-- An answer may say that somebody is covered by a kind of insurance that nobody has mapped.
alter table staging.eligibility_response add column insurance_code text;

alter table core.eligibility_response add column insurance_code text;

comment on column staging.eligibility_response.insurance_code is 'The first kind of insurance (EB04) of the answer that is not known. Null: all are.';
comment on column core.eligibility_response.insurance_code is 'The first kind of insurance (EB04) of the answer that is not known. Null: all are.';
