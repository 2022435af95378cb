-- depends: 0521.calls-recorded-by-hand

-- Who looks, opens, decides and is refused is an id of Airflow's auth manager. FAB keeps 512 characters of a user name,
-- OpenID Connect allows 255 of a subject (Core 1.0, section 2, read 2026-11-29): what is longer is none, and filled the
-- log. Rows of before are not looked at.
alter table operations.looked add constraint who_is_an_id check (length(who) <= 512) not valid;
alter table operations.looked add constraint about_is_an_id check (length(about_id) <= 200) not valid;
alter table operations.opened add constraint who_is_an_id check (length(who) <= 512) not valid;
alter table operations.opened add constraint about_is_an_id check (length(about_id) <= 200) not valid;
alter table operations.decision add constraint who_is_an_id check (length(decided_by) <= 512) not valid;
alter table operations.refused_act add constraint who_is_an_id check (length(who) <= 512) not valid;
