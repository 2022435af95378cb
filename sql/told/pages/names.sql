-- reads: core.patient, identity.link, operations.source, tasks.wrong_numbers()

-- Who the persons are, each as the best record knows them: the chart's, in use, not merged away, the newest; and when
-- somebody found that its telephone number belongs to another person.
select distinct on (l.person_id)
    l.person_id::text as person_id,
    p.family,
    p.given,
    p.birth_date,
    p.phone,
    p.mrn,
    p.is_deceased,
    w.said_at as wrong_at
from identity.link as l
inner join core.patient as p
    on p.source = l.source and p.source_id = l.source_id and p.retracted_seq is null and not p.is_deleted
left join operations.source as s on s.source = p.source
left join tasks.wrong_numbers(%(persons)s::uuid[]) as w
    on w.person_id = l.person_id and w.digits = regexp_replace(p.phone, '\D', '', 'g')
where l.person_id = any(%(persons)s::uuid[]) and l.status = 'active' and l.retired_seq is null
order by l.person_id, coalesce(s.is_chart, false) desc, p.replaced_by is not null, p.is_active desc, p.known_seq desc, p.source_id;
