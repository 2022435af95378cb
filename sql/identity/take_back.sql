-- reads: identity.link
-- changes: identity.identifier, identity.link, identity.person

-- What this night decided before is taken back, so that a second run decides the same.
delete from identity.link where known_seq = %(seq)s;

update identity.link set retired_seq = null where retired_seq = %(seq)s;

delete from identity.identifier where known_seq = %(seq)s;

update identity.identifier set retired_seq = null where retired_seq = %(seq)s;

delete from identity.person as p
where p.known_seq = %(seq)s
    and not exists (select from identity.link as l where l.person_id = p.person_id);
