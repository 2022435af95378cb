-- reads: core.patient, identity.link, operations.decision, operations.source, w_record
-- makes: w_alike
-- changes: identity.link

-- Two similar patient records (name, birth date, sex, and phone or postal code) without a shared identifier
-- may be one human; two records with one record number and different birth dates may be two. A person must
-- decide in both cases. The doubt is attached to the later id and points to the other's person.
create temp table w_alike on commit drop as
with pair as (
    select
        a.source, a.source_id, b.source as other_source, b.source_id as other_id,
        'same name, birth date, sex and one more' as method
    from w_record as r
    inner join core.patient as a
        on a.source = r.source and a.source_id = r.source_id
        and a.retracted_seq is null and not a.is_deleted and a.replaced_by is null
    inner join core.patient as b
        on lower(b.family) = lower(a.family)
        and b.birth_date = a.birth_date
        and lower(b.given) = lower(a.given)
        -- a sex that is not stated or not known, or has a code that nobody has mapped, tells nobody apart
        and not coalesce(a.sex <> b.sex and a.sex in ('F', 'M', 'O') and b.sex in ('F', 'M', 'O'), false)
        and (b.source, b.source_id) <> (a.source, a.source_id)
        and b.retracted_seq is null and not b.is_deleted and b.replaced_by is null
        and (b.phone = a.phone or b.postal_code = a.postal_code)
    union all
    select
        a.source, a.source_id, b.source as other_source, b.source_id as other_id,
        'one record number, two birth dates' as method
    from w_record as r
    inner join core.patient as a
        on a.source = r.source and a.source_id = r.source_id
        and a.retracted_seq is null and not a.is_deleted and a.replaced_by is null
    inner join core.patient as b
        on b.mrn = a.mrn
        and b.birth_date <> a.birth_date
        and b.retracted_seq is null and not b.is_deleted and b.replaced_by is null
    left join operations.source as ao on ao.source = a.source
    left join operations.source as bo on bo.source = b.source
    where coalesce(ao.number_prefixes, array['']) = coalesce(bo.number_prefixes, array[''])
),

ordered as (
    select source, source_id, other_source, other_id, method
    from pair
    where (source, source_id) > (other_source, other_id)
    union
    select other_source, other_id, source, source_id, method
    from pair
    where (source, source_id) < (other_source, other_id)
)

select distinct on (o.source, o.source_id, other.person_id)
    o.source, o.source_id, other.person_id, o.method
from ordered as o
inner join identity.link as own
    on own.source = o.source and own.source_id = o.source_id
    and own.status = 'active' and own.retired_seq is null
inner join identity.link as other
    on other.source = o.other_source and other.source_id = o.other_id
    and other.status = 'active' and other.retired_seq is null
where other.person_id <> own.person_id
    -- a named person decided that they are two people
    and not exists (
        select from operations.decision as d
        where d.kind = 'unlink' and d.about_kind = 'record' and d.known_seq <= %(seq)s
            and d.about_id = o.source || '|' || o.source_id
            and d.detail ->> 'person_id' = other.person_id::text
    )
order by o.source, o.source_id, other.person_id, o.method;

update identity.link as l
set retired_seq = %(seq)s
from w_record as r
where l.source = r.source and l.source_id = r.source_id
    and l.status = 'doubt' and l.retired_seq is null and l.method <> 'conflicting identifiers'
    and not exists (
        select from w_alike as w
        where (w.source, w.source_id, w.person_id) = (l.source, l.source_id, l.person_id)
    );

insert into identity.link (source, source_id, person_id, method, score, status, known_seq)
select w.source, w.source_id, w.person_id, w.method, 0.5, 'doubt', %(seq)s
from w_alike as w
where not exists (
    select from identity.link as l
    where (l.source, l.source_id, l.person_id) = (w.source, w.source_id, w.person_id)
        and l.status = 'doubt' and l.retired_seq is null
);
