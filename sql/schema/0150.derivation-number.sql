-- depends: 0081.feed-volume

-- By which rules a night derived the state: raised by any change of the code that may alter a result, so that
-- nights of one number must agree when they are computed again. What was there before it was recorded is number 1.
alter table operations.night add column derivation int not null default 1;
comment on column operations.night.derivation is
'Number of the rules by which the night derived the state of cases; nights of one number agree when replayed';
