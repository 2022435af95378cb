-- reads: identity.link
-- changes: identity.identifier, identity.link, identity.person

-- Undoes what an earlier run of this night decided, so that a rerun decides the same.
delete from identity.link where known_seq = %(seq)s;

update identity.link set retired_seq = null where retired_seq = %(seq)s;

delete from identity.identifier where known_seq = %(seq)s;

update identity.identifier set retired_seq = null where retired_seq = %(seq)s;

delete from identity.person as p
where p.known_seq = %(seq)s
    and not exists (select from identity.link as l where l.person_id = p.person_id);
