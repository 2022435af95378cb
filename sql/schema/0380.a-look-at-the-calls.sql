-- depends: 0321.who-is-asked

-- The page of whom to call shows names: it keeps its looks as the others do.
alter table operations.looked drop constraint looked_page_check;
alter table operations.looked add constraint looked_page_check
check (page in ('exceptions', 'exception', 'case', 'person', 'search', 'claims', 'calls'));

comment on column operations.looked.page is 'The page: exceptions, exception, case, person, search, claims or calls.';
