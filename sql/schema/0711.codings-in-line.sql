-- depends: 0710.days-by-zone

-- What it calls is stable, and a function that says more than what it calls is called row by row.
alter function evidence.codings(jsonb, text, text) stable;
