-- depends: 0193.what-nobody-sent

-- A claim whose charges are not its total is held, with both sums.
alter table staging.claim add column explained numeric(14, 2);

comment on column staging.claim.explained is 'What its lines are charged together, where that is not its total. Null: it is, or there are no lines.';
