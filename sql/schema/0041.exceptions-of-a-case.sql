-- depends: 0040.derivation

-- What was said of a case hangs on its exceptions, open and ended ones.
create index exception_of_case on operations.exception (case_id) where case_id is not null;
