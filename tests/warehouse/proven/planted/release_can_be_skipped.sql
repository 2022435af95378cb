alter table tasks.transmission disable trigger claims_need_release;
