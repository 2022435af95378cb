-- depends: 0079.settings-by-night

-- Interchange control numbers (ISA13) without gaps: a sequence forgets up to 32 numbers when the server dies and
-- burns one whenever a transaction is rolled back. The number comes back in the answers and in the copies of our
-- claims, and with it into the identity of the facts made of them: after a crash the same night would have proven the
-- same by other facts. A number is taken in the transaction that writes the file's bytes, which is before they are
-- sent; so one that is given back was seen by nobody.
create table tasks.interchange_counter (
    is_only boolean primary key default true check (is_only),
    last_control_number integer not null check (last_control_number between 0 and 999999999)
);

insert into tasks.interchange_counter (last_control_number)
select case when is_called then last_value else last_value - 1 end from tasks.interchange_control_number;

drop sequence tasks.interchange_control_number;

revoke all on tasks.interchange_counter from throughline_loop;
grant select, update on tasks.interchange_counter to throughline_loop;
grant select on tasks.interchange_counter to throughline_reader;
