-- depends: 0175.rows-name-their-person

-- Money that does not balance is held: what a payment states, and what the amounts around it explain.
alter table staging.payment
add column unbalanced text,
add column stated numeric(14, 2),
add column explained numeric(14, 2),
add column set_at bigint,
add column set_stated numeric(14, 2),
add column set_explained numeric(14, 2);

alter table staging.provider_adjustment
add column set_at bigint,
add column set_stated numeric(14, 2),
add column set_explained numeric(14, 2);

alter table quality.quarantine
add column stated_amount numeric(14, 2),
add column explained_amount numeric(14, 2);

comment on column staging.payment.unbalanced is 'Where the payment of the claim does not balance: line and its number, claim, or lines, which do not add up to the claim. Null: it balances.';
comment on column staging.payment.stated is 'What the line or the claim states there. Null: it balances.';
comment on column staging.payment.explained is 'What the amounts around it make of it. Null: it balances.';
comment on column staging.payment.set_at is 'Where its transaction set begins: the number of a segment in its file.';
comment on column staging.payment.set_stated is 'What the transaction set pays (BPR02), on its last row only. Null: on the others, or where it cannot be read.';
comment on column staging.payment.set_explained is 'What its claims and provider adjustments add up to, on its last row only. Null: on the others, or where one of the amounts cannot be read.';
comment on column staging.provider_adjustment.set_at is 'As in staging.payment.';
comment on column staging.provider_adjustment.set_stated is 'As in staging.payment.';
comment on column staging.provider_adjustment.set_explained is 'As in staging.payment.';
comment on column quality.quarantine.stated_amount is 'Of money that does not balance: the sum that is stated. Null: the row is here for another reason, or the sum cannot be read.';
comment on column quality.quarantine.explained_amount is 'Of money that does not balance: what the amounts around it make of it. Null: the row is here for another reason.';
