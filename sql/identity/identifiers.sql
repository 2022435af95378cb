-- reads: identity.identifier, w_identifier, w_record
-- changes: identity.identifier
-- counts: identifiers_retired, identifiers_known

-- Identifiers that a record no longer carries are retired; new ones become known tonight.
-- count: identifiers_retired
update identity.identifier as i
set retired_seq = %(seq)s
from w_record as r
where i.source = r.source
    and i.source_id = r.source_id
    and i.retired_seq is null
    and not exists (
        select from w_identifier as w
        where (w.source, w.source_id, w.system, w.value) = (i.source, i.source_id, i.system, i.value)
    );

-- count: identifiers_known
insert into identity.identifier (system, value, source, source_id, known_seq)
select w.system, w.value, w.source, w.source_id, %(seq)s
from w_identifier as w
where not exists (
    select from identity.identifier as i
    where (i.source, i.source_id, i.system, i.value) = (w.source, w.source_id, w.system, w.value)
        and i.retired_seq is null
);
