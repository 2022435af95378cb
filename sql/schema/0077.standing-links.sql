-- depends: 0076.claims-of-a-practitioner

-- A record has few links, whatever their status: the primary key finds them as well, and what was still read
-- whole with this index (link_persons) was read whole without it.
drop index identity.link_standing;
