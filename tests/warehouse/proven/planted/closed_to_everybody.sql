create table tasks.forgotten (id int);
