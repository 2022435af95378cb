alter table tasks.transmission disable trigger transmission_is_kept;
