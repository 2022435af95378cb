-- reads: by_member, by_record_number, carrier, core.claim, core.patient, identity.identifier, identity.link,
--     identity.record_decision, operations.source
-- makes: w_record, w_identifier, w_sharing

-- The source records that this night loaded or retracted, and those that nights since the last finished
-- one (%(since)s) left undone. A record that only refers to a patient goes by the identifier it uses: a
-- record number, a payer's member number, or our control number of a claim. The catalogue says which feeds
-- carry these: see throughline.identity.carriers for `carrier`, `by_record_number` and `by_member`.
create temp table w_record on commit drop as
with touched as (
    select n.source, n.source_id
    from carrier as c
    cross join lateral (
        values (c.subject_source, c.subject_id), ('pcn', c.claim_number)
    ) as n (source, source_id)
    where (c.known_seq > %(since)s and c.known_seq <= %(seq)s)
        or (c.retracted_seq > %(since)s and c.retracted_seq <= %(seq)s)
    union
    -- a claim from the EHR identifies its patient by the EHR's own id
    select c.subject_source, c.subject_id
    from core.claim as c
    where ((c.known_seq > %(since)s and c.known_seq <= %(seq)s)
        or (c.retracted_seq > %(since)s and c.retracted_seq <= %(seq)s)) and c.kind not like '837%%'
    union
    -- records that a named person has just decided about
    select d.source, d.source_id
    from identity.record_decision as d
    where d.known_seq > %(since)s and d.known_seq <= %(seq)s
)

select source, source_id from touched where source is not null and source_id is not null;

create unique index on w_record (source, source_id);

-- Records merged into one of these are included, through any number of merges.
insert into w_record (source, source_id)
with recursive merged as (
    select p.source, p.source_id
    from w_record as r
    inner join core.patient as p
        on p.source = r.source and p.replaced_by = r.source_id and p.retracted_seq is null
    union
    select p.source, p.source_id
    from merged as m
    inner join core.patient as p
        on p.source = m.source and p.replaced_by = m.source_id and p.retracted_seq is null
)

select source, source_id from merged
on conflict do nothing;

-- A doubt is checked again if either side has changed.
insert into w_record (source, source_id)
select d.source, d.source_id
from w_record as r
inner join identity.link as l
    on l.source = r.source and l.source_id = r.source_id
    and l.status = 'active' and l.retired_seq is null
inner join identity.link as d
    on d.person_id = l.person_id and d.status = 'doubt' and d.retired_seq is null
on conflict do nothing;

analyze w_record;

-- The current identifiers of each record: (system, value). Families share a member number, so it
-- identifies one person only together with a birth date.
create temp table w_identifier on commit drop as
with claim as (
    select
        r.source,
        r.source_id,
        c.patient_control_number,
        n.prefix || c.medical_record_number as medical_record_number,
        c.payer_id,
        c.member_id,
        c.birth_date
    from w_record as r
    inner join core.claim as c on c.patient_control_number = r.source_id
    left join operations.source as o on o.source = c.source
    cross join lateral unnest(coalesce(o.number_prefixes, array[''])) as n (prefix)
    where r.source = 'pcn' and c.retracted_seq is null and not c.is_deleted
),

found as (
    select source, source_id, 'mrn' as system, mrn as value from by_record_number
    union
    select source, source_id, 'member', member from by_member
    union
    select source, source_id, 'member_born', member || '|' || birth_date from by_member
    union
    select source, source_id, 'mrn', medical_record_number from claim
    union
    select source, source_id, 'member', payer_id || '|' || member_id from claim
    union
    select source, source_id, 'member_born', concat(payer_id, '|', member_id, '|', birth_date)
    from claim
    where payer_id is not null and member_id is not null and birth_date is not null
    union
    select source, source_id, 'claim', source_id as value from w_record where source = 'pcn'
    union
    -- a claim from the EHR identifies its patient by the EHR's own id
    select c.subject_source, c.subject_id, 'claim', c.patient_control_number
    from w_record as r
    inner join core.claim as c on c.subject_source = r.source and c.subject_id = r.source_id
    where c.retracted_seq is null and not c.is_deleted and c.kind not like '837%%'
)

select source, source_id, system, value from found where value is not null;

create index on w_identifier (source, source_id);

analyze w_identifier;

-- Records of earlier nights that share an identifier that appeared or disappeared tonight.
create temp table w_sharing on commit drop as
with changed as (
    select w.system, w.value
    from w_identifier as w
    where not exists (
        select from identity.identifier as i
        where (i.source, i.source_id, i.system, i.value) = (w.source, w.source_id, w.system, w.value)
            and i.retired_seq is null
    )
    union
    select i.system, i.value
    from w_record as r
    inner join identity.identifier as i
        on i.source = r.source and i.source_id = r.source_id and i.retired_seq is null
    where not exists (
        select from w_identifier as w
        where (w.source, w.source_id, w.system, w.value) = (i.source, i.source_id, i.system, i.value)
    )
)

select distinct i.source, i.source_id
from changed as c
inner join identity.identifier as i
    on i.system = c.system and i.value = c.value and i.retired_seq is null
where not exists (
    select from w_record as r where r.source = i.source and r.source_id = i.source_id
);

insert into w_record (source, source_id) select source, source_id from w_sharing;

insert into w_identifier (source, source_id, system, value)
select i.source, i.source_id, i.system, i.value
from w_sharing as s
inner join identity.identifier as i
    on i.source = s.source and i.source_id = s.source_id and i.retired_seq is null;

-- Which patients stand alone, and which record each merged patient finally belongs to.
alter table w_record add column is_patient boolean not null default false;

alter table w_record add column survivor_id text;

with recursive chain as (
    select r.source, r.source_id, p.replaced_by, 1 as hops
    from w_record as r
    inner join core.patient as p
        on p.source = r.source and p.source_id = r.source_id
        and p.retracted_seq is null and not p.is_deleted
    union all
    select c.source, c.source_id, p.replaced_by, c.hops + 1
    from chain as c
    inner join core.patient as p
        on p.source = c.source and p.source_id = c.replaced_by
        and p.retracted_seq is null and not p.is_deleted
    where p.replaced_by is not null and c.hops < 20
)

update w_record as r
set is_patient = true, survivor_id = c.replaced_by
from (
    select distinct on (source, source_id) source, source_id, replaced_by
    from chain
    order by source, source_id, hops desc
) as c
where c.source = r.source and c.source_id = r.source_id;

analyze w_record;

analyze w_identifier;
