-- depends: 0061.identity-by-night

-- Doubts are few among the links, and are asked for by every step: found without reading the others.
create index link_doubt on identity.link (source, source_id, person_id) where status = 'doubt';

-- The links of a record that stand, whatever their status.
create index link_standing on identity.link (source, source_id) where retired_seq is null;
