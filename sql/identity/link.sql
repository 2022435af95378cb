-- reads: core.patient, identity.identifier, identity.link, identity.person, identity.record_decision,
--     operations.source, w_identifier, w_record
-- makes: w_candidate, w_decided, w_doubt, w_made
-- changes: identity.link, identity.person
-- counts: persons_made, links_retired, links_made, doubts_made

-- Decides which person the records of w_record in w_pass belong to. The passes are: patients of their own,
-- patients merged into one of them, and records that only refer to patients.

-- The persons that each record may belong to, with the method, best first.
create temp table w_candidate on commit drop as
with turn as (
    select r.source, r.source_id, r.is_patient, r.survivor_id, p.birth_date
    from w_record as r
    left join core.patient as p
        on r.is_patient and p.source = r.source and p.source_id = r.source_id
        and p.retracted_seq is null
    where case %(turn)s
        when 'patients' then r.is_patient and r.survivor_id is null
        when 'merged' then r.is_patient and r.survivor_id is not null
        else not r.is_patient
    end
),

word as (
    -- the latest decision of a named person about a record and a person
    select distinct on (t.source, t.source_id, d.person_id)
        t.source, t.source_id, d.kind, d.person_id::uuid as person_id, d.decision_id, d.known_seq, d.decided_at
    from turn as t
    inner join identity.record_decision as d on d.source = t.source and d.source_id = t.source_id
    where d.known_seq <= %(seq)s
    order by t.source, t.source_id, d.person_id, d.known_seq desc, d.decided_at desc,
        d.decision_id
),

named as (
    select distinct on (source, source_id) source, source_id, person_id, decision_id
    from word
    where kind = 'link'
    order by source, source_id, known_seq desc, decided_at desc, decision_id
),

merged as (
    select t.source, t.source_id, l.person_id
    from turn as t
    inner join identity.link as l
        on l.source = t.source and l.source_id = t.survivor_id
        and l.retired_seq is null and l.status = 'active'
),

own as (
    -- a patient's own record stays with the person it created, unless only another record of that person
    -- still carries the person's record number: then this one belongs to somebody else
    select t.source, t.source_id, l.person_id
    from turn as t
    inner join identity.link as l
        on l.source = t.source and l.source_id = t.source_id
        and l.retired_seq is null and l.status = 'active' and l.method = 'own record'
    inner join identity.person as o on o.person_id = l.person_id
    where t.is_patient and not (
        o.source = 'mrn'
        and not exists (
            select from w_identifier as w
            where w.source = t.source and w.source_id = t.source_id and w.system = 'mrn'
                and w.value = o.source_id
        )
        and exists (
            select from identity.link as x
            inner join core.patient as p
                on p.source = x.source and p.source_id = x.source_id and p.retracted_seq is null
                and not p.is_deleted
            left join operations.source as s on s.source = p.source
            where x.person_id = l.person_id and x.status = 'active' and x.retired_seq is null
                and (x.source, x.source_id) <> (t.source, t.source_id)
                and coalesce(s.number_prefixes[1], '') || p.mrn = o.source_id
        )
    )
),

shared as (
    -- A patient is matched only with patients, only by record number, and not if the birth dates differ.
    select distinct
        t.source,
        t.source_id,
        l.person_id,
        case w.system when 'member_born' then 3 when 'member' then 4 else 2 end as rank
    from turn as t
    inner join w_identifier as w on w.source = t.source and w.source_id = t.source_id
    inner join identity.identifier as i
        on i.system = w.system and i.value = w.value and i.retired_seq is null
        and (i.source, i.source_id) <> (w.source, w.source_id)
    inner join identity.link as l
        on l.source = i.source and l.source_id = i.source_id
        and l.retired_seq is null and l.status = 'active'
    left join core.patient as p
        on p.source = i.source and p.source_id = i.source_id and p.retracted_seq is null
    where not t.is_patient
        or (w.system = 'mrn' and p.source is not null and not p.is_deleted
            and coalesce(p.birth_date = t.birth_date, true))
),

candidate as (
    select source, source_id, person_id, 'decision' as method, 0 as rank, decision_id from named
    union all
    select source, source_id, person_id, 'merge', 1, null::uuid from merged
    union all
    select source, source_id, person_id, 'identifier', rank, null::uuid from shared
    union all
    select source, source_id, person_id, 'own record', 2, null::uuid from own
)

select c.*
from candidate as c
where c.method = 'decision' or not exists (
    select from word as d
    where d.source = c.source and d.source_id = c.source_id and d.person_id = c.person_id
        and d.kind = 'unlink' and c.method = 'identifier'
);

create index on w_candidate (source, source_id, rank);

analyze w_candidate;

create temp table w_decided on commit drop as
with best as (
    select source, source_id, min(rank) as rank
    from w_candidate
    group by source, source_id
),

chosen as (
    select
        c.source,
        c.source_id,
        count(distinct c.person_id) as persons,
        (array_agg(c.person_id order by c.method = 'own record' desc, c.person_id))[1] as person_id,
        (array_agg(c.method order by c.method = 'own record' desc, c.person_id))[1] as method,
        (array_agg(c.decision_id order by c.person_id))[1] as decision_id
    from best as b
    inner join w_candidate as c
        on c.source = b.source and c.source_id = b.source_id and c.rank = b.rank
    group by c.source, c.source_id
)

select
    r.source,
    r.source_id,
    r.is_patient,
    c.person_id,
    c.method,
    c.decision_id,
    coalesce(c.persons, 0) as persons,
    -- no person or two persons; records of a deleted patient stay where they were
    not r.is_patient
    and (c.person_id is null or (c.persons > 1 and c.method = 'identifier'))
    and not exists (
        select from core.patient as p where p.source = r.source and p.source_id = r.source_id
    ) as is_let_go
from w_record as r
left join chosen as c on c.source = r.source and c.source_id = r.source_id
where case %(turn)s
    when 'patients' then r.is_patient and r.survivor_id is null
    when 'merged' then r.is_patient and r.survivor_id is not null
    else not r.is_patient
end;

create index on w_decided (source, source_id);

analyze w_decided;

-- A record shares identifiers with two persons: it becomes a doubt, and neither is chosen.
create temp table w_doubt on commit drop as
select distinct c.source, c.source_id, c.person_id, 'conflicting identifiers' as method
from w_decided as d
inner join w_candidate as c on c.source = d.source and c.source_id = d.source_id
where d.persons > 1 and d.method in ('identifier', 'own record')
    and c.rank = (
        select min(b.rank) from w_candidate as b where b.source = c.source and b.source_id = c.source_id
    )
    and (not d.is_patient or c.person_id <> d.person_id);

-- A record that matches nobody becomes a new person: a patient of the EHR, or one whom another system
-- identifies by a record number that nobody has yet. The person's id is derived from the record number, so
-- the order of arrival does not matter; if the number is ambiguous, from the record.
create temp table w_made on commit drop as
select
    d.source,
    d.source_id,
    case when k.number is null then d.source else 'mrn' end as key_source,
    coalesce(k.number, d.source_id) as key_id
from w_decided as d
left join lateral (
    select w.value as number
    from w_identifier as w
    where w.source = d.source and w.source_id = d.source_id and w.system = 'mrn'
        and not exists (
            -- two birth dates, or given to somebody else before
            select from operations.source as s
            inner join core.patient as p
                on p.source = s.source and p.mrn = substr(w.value, length(s.number_prefixes[1]) + 1)
            where starts_with(w.value, s.number_prefixes[1]) and p.retracted_seq is null and not p.is_deleted
            having count(distinct p.birth_date) > 1
        )
        and not exists (
            select from identity.person as o
            inner join identity.link as x
                on x.person_id = o.person_id and x.status = 'active' and x.retired_seq is null
            inner join core.patient as p
                on p.source = x.source and p.source_id = x.source_id and p.retracted_seq is null
                and not p.is_deleted
            where o.source = 'mrn' and o.source_id = w.value
                and (x.source, x.source_id) <> (d.source, d.source_id)
        )
    order by w.value
    limit 1
) as k on true
where d.person_id is null
    and (
        (d.is_patient and exists (
            select from core.patient as p
            where p.source = d.source and p.source_id = d.source_id and p.retracted_seq is null
                and not p.is_deleted
        ))
        or (not d.is_patient and k.number is not null and d.source <> 'pcn')
    );

-- count: persons_made
insert into identity.person (person_id, source, source_id, known_seq)
select distinct
    md5(concat_ws('|', 'person', m.key_source, m.key_id))::uuid, m.key_source, m.key_id, %(seq)s::bigint
from w_made as m
on conflict do nothing;

update w_decided as d
set person_id = p.person_id, method = 'own record', is_let_go = false
from w_made as m
inner join identity.person as p on p.source = m.key_source and p.source_id = m.key_id
where d.source = m.source and d.source_id = m.source_id;

-- most records have just received a person: refresh the statistics for the next statements
analyze w_decided;

-- Retire links that are now decided differently; the history keeps them. The `order by` inside forces a
-- lookup per record: a plain join read all links for the few that a night decides.
-- count: links_retired
update identity.link as l
set retired_seq = %(seq)s
where l.ctid = any(array(
    select x.place
    from w_decided as d
    cross join lateral (
        select k.ctid as place, k.status, k.method, k.person_id
        from identity.link as k
        where k.source = d.source and k.source_id = d.source_id and k.retired_seq is null
        order by k.person_id
    ) as x
    where (x.status = 'active' and d.person_id is not null
        and (x.person_id, x.method) is distinct from (d.person_id, d.method))
        or (x.status = 'active' and d.is_let_go)
        or (x.status = 'doubt' and x.method = 'conflicting identifiers' and not exists (
            select from w_doubt as w
            where (w.source, w.source_id, w.person_id) = (d.source, d.source_id, x.person_id)
        ))
));

-- count: links_made
insert into identity.link (
    source, source_id, person_id, method, score, status, known_seq, decision_id
)
select d.source, d.source_id, d.person_id, d.method, 1, 'active', %(seq)s, d.decision_id
from w_decided as d
where d.person_id is not null
    and (d.persons <= 1 or d.method <> 'identifier')
    and not exists (
        select from identity.link as l
        where l.source = d.source and l.source_id = d.source_id
            and l.status = 'active' and l.retired_seq is null
    );

-- count: doubts_made
insert into identity.link (source, source_id, person_id, method, score, status, known_seq)
select w.source, w.source_id, w.person_id, w.method, 0.5, 'doubt', %(seq)s
from w_doubt as w
where not exists (
    select from identity.link as l
    where (l.source, l.source_id, l.person_id) = (w.source, w.source_id, w.person_id)
        and l.status = 'doubt' and l.retired_seq is null
);
