alter default privileges in schema tasks grant select, insert on tables to throughline_loop;
