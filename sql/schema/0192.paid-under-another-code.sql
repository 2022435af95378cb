-- depends: 0191.plans-that-are-not-clear

-- A payer may pay a line under another code than the one that was submitted. The line is the submitted one.
alter table core.payment_line
add column paid_code text,
add column paid_modifiers text[] not null default '{}',
add column paid_units numeric;

alter table staging.payment_line
add column paid_code text,
add column paid_modifiers text[] not null default '{}',
add column paid_units numeric;

comment on column core.payment_line.code is 'The code that was submitted: HCPCS or CPT, or the institution''s revenue code.';
comment on column core.payment_line.modifiers is 'The modifiers that were submitted.';
comment on column core.payment_line.units is 'The units that were submitted.';
comment on column core.payment_line.paid_code is 'The code that the payer paid instead (SVC01 where SVC06 names the submitted one). Null: it paid what was submitted.';
comment on column core.payment_line.paid_modifiers is 'The modifiers of paid_code.';
comment on column core.payment_line.paid_units is 'The units that were paid, where others were submitted (SVC05, SVC07). Null: the same.';
