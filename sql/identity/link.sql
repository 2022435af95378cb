-- Whom each record may belong to, by what, best first: its own record of the EHR; the record it was
-- merged into; a person whose records share an identifier.
create temp table w_candidate on commit drop as
with merged as (
    select r.source, r.source_id, l.person_id
    from w_record as r
    inner join core.patient as p
        on p.subject_source = r.source and p.subject_id = r.source_id
        and p.retracted_seq is null and not p.is_deleted and p.replaced_by is not null
    inner join identity.link as l
        on l.source = r.source and l.source_id = p.replaced_by
        and l.retired_seq is null and l.status = 'active'
),

named as (
    select distinct on (d.about_id)
        split_part(d.about_id, '|', 1) as source,
        substr(d.about_id, strpos(d.about_id, '|') + 1) as source_id,
        (d.detail ->> 'person_id')::uuid as person_id,
        d.decision_id
    from operations.decision as d
    where d.kind = 'link' and d.about_kind = 'record' and d.known_seq <= %(seq)s
    order by d.about_id, d.known_seq desc, d.decided_at desc
),

own as (
    -- a patient's own record stays with the person it made, unless a merge or a person says otherwise
    select r.source, r.source_id, l.person_id
    from w_record as r
    inner join identity.link as l
        on l.source = r.source and l.source_id = r.source_id
        and l.retired_seq is null and l.status = 'active'
    where r.is_patient and l.method not in ('merge', 'decision')
),

shared as (
    select distinct w.source, w.source_id, l.person_id
    from w_identifier as w
    inner join identity.identifier as i
        on i.system = w.system and i.value = w.value and i.retired_seq is null
        and (i.source, i.source_id) <> (w.source, w.source_id)
    inner join identity.link as l
        on l.source = i.source and l.source_id = i.source_id
        and l.retired_seq is null and l.status = 'active'
)

select source, source_id, person_id, 'decision' as method, 0 as rank, decision_id from named
union all
select source, source_id, person_id, 'merge', 1, null::uuid from merged
union all
select source, source_id, person_id, 'identifier', 2, null::uuid from shared
union all
select source, source_id, person_id, 'own record', 2, null::uuid from own;

analyze w_candidate;

-- A record that stands by itself is a person: every patient of the EHR, and a patient of another
-- system that names a record number nobody else has yet.
create temp table w_decided on commit drop as
select
    r.source,
    r.source_id,
    best.person_id,
    best.method,
    best.decision_id,
    r.is_patient,
    coalesce(best.persons, 0) as persons
from w_record as r
left join lateral (
    select
        (array_agg(c.person_id order by c.rank, c.method = 'own record' desc, c.person_id))[1] as person_id,
        (array_agg(c.method order by c.rank, c.method = 'own record' desc, c.person_id))[1] as method,
        (array_agg(c.decision_id order by c.rank, c.person_id))[1] as decision_id,
        count(distinct c.person_id) filter (
            where c.rank = (
                select min(c2.rank) from w_candidate as c2
                where c2.source = r.source and c2.source_id = r.source_id
            )
        ) as persons
    from w_candidate as c
    where c.source = r.source and c.source_id = r.source_id
) as best on true
where r.is_patient or not %(only_patients)s;

-- Two persons claim one record by shared identifiers: that is a doubt, and nobody is chosen.
create temp table w_doubt on commit drop as
select distinct c.source, c.source_id, c.person_id, 'conflicting identifiers' as method
from w_candidate as c
inner join w_decided as d on d.source = c.source and d.source_id = c.source_id
    and (not d.is_patient or c.person_id <> d.person_id)
where d.persons > 1 and d.method in ('identifier', 'own record');

insert into identity.person (person_id, source, source_id, known_seq)
select
    md5(concat_ws('|', 'person', d.source, d.source_id))::uuid,
    d.source,
    d.source_id,
    %(seq)s
from w_decided as d
where d.person_id is null
    and exists (
        select from core.patient as p
        where p.subject_source = d.source and p.subject_id = d.source_id and p.retracted_seq is null
            and not p.is_deleted
        union all
        select from w_identifier as w
        where w.source = d.source and w.source_id = d.source_id and w.system = 'mrn'
            and d.source_id not like 'pcn:%%'
    )
on conflict do nothing;

update w_decided as d
set person_id = p.person_id, method = 'own record'
from identity.person as p
where d.person_id is null and p.source = d.source and p.source_id = d.source_id;

-- A link that is decided differently now is retired; the past keeps it.
update identity.link as l
set retired_seq = %(seq)s
from w_decided as d
where l.source = d.source
    and l.source_id = d.source_id
    and l.retired_seq is null
    and (
        (l.status = 'active' and l.person_id is distinct from d.person_id and d.person_id is not null)
        or (l.status = 'active' and d.persons > 1 and d.method = 'identifier' and not d.is_patient)
        or (l.status = 'doubt' and not exists (
            select from w_doubt as w
            where (w.source, w.source_id, w.person_id) = (l.source, l.source_id, l.person_id)
        ))
    );

insert into identity.link (
    source, source_id, person_id, method, score, status, known_seq, decision_id
)
select d.source, d.source_id, d.person_id, d.method, 1, 'active', %(seq)s, d.decision_id
from w_decided as d
where d.person_id is not null
    and (d.persons <= 1 or d.method <> 'identifier' or d.is_patient)
    and not exists (
        select from identity.link as l
        where l.source = d.source and l.source_id = d.source_id
            and l.status = 'active' and l.retired_seq is null
    );

insert into identity.link (source, source_id, person_id, method, score, status, known_seq)
select w.source, w.source_id, w.person_id, w.method, 0.5, 'doubt', %(seq)s
from w_doubt as w
where not exists (
    select from identity.link as l
    where (l.source, l.source_id, l.person_id) = (w.source, w.source_id, w.person_id)
        and l.status = 'doubt' and l.retired_seq is null
);
