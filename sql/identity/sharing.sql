-- reads: core.patient, identity.identifier, identity.link, w_record
-- makes: w_moved
-- changes: w_identifier, w_record

-- If a patient moved to another person, records that refer to the patient move as well.
create temp table w_moved on commit drop as
select distinct i.source, i.source_id
from identity.link as l
inner join identity.identifier as own
    on own.source = l.source and own.source_id = l.source_id and own.retired_seq is null
inner join identity.identifier as i
    on i.system = own.system and i.value = own.value and i.retired_seq is null
where (l.known_seq = %(seq)s or l.retired_seq = %(seq)s) and l.status = 'active'
    and not exists (
        select from w_record as r where r.source = i.source and r.source_id = i.source_id
    )
    and not exists (
        select from core.patient as p
        where p.source = i.source and p.source_id = i.source_id and p.retracted_seq is null
            and not p.is_deleted
    );

insert into w_record (source, source_id) select source, source_id from w_moved;

insert into w_identifier (source, source_id, system, value)
select i.source, i.source_id, i.system, i.value
from w_moved as m
inner join identity.identifier as i
    on i.source = m.source and i.source_id = m.source_id and i.retired_seq is null;

analyze w_record;

analyze w_identifier;
