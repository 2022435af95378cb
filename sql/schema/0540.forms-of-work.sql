-- depends: 0521.calls-recorded-by-hand

-- In which form a system takes the work of a role.
alter table operations.role add column form text not null default 'interface'
check (form in ('interface', 'work_list', 'inside'));

comment on column operations.role.form is 'In which form it takes the work of this role: interface (what the role''s own interface takes), work_list (a file with a row for each thing to do), inside (it stays on Throughline''s pages).';
comment on column operations.routing.roles is 'A list of {source, role, connection}, as in operations.role; with form, if that is not interface.';
