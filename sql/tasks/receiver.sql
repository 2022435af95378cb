-- reads: evidence.fact, evidence.practitioner, identity.link, w_asking, w_role, w_serves
-- makes: w_attributed, w_receiver

-- Which system gets what is asked for (w_asking), among the systems with the roles of w_role that serve as in w_serves. Reads
-- links, facts and practitioners as of this night, as a replay does.

-- The system with a record of the practitioner to whom the person was most recently attributed.
create temp table w_attributed on commit drop as
select x.person_id, min(x.source) as source
from (
    select
        e.person_id,
        f.source,
        rank() over (partition by e.person_id order by f.occurred_at desc) as place
    from (select distinct w.person_id from w_asking as w) as e
    inner join identity.link as l
        on l.person_id = e.person_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'attribution'
        and f.known_seq <= %(seq)s and (f.retracted_seq is null or f.retracted_seq > %(seq)s)
    inner join evidence.practitioner as d
        on d.source = f.source and d.source_id = f.code and d.known_seq <= %(seq)s
        and (d.retracted_seq is null or d.retracted_seq > %(seq)s)
) as x
where x.place = 1
group by x.person_id
having count(distinct x.source) = 1;

-- Which of the systems with a role gets the work: the one that holds the subject, else one where the person has an
-- active link, else that of the attributed practitioner. A system counts for the charts that it serves. A note is
-- signed in the system of its visit, because the visit's id means nothing elsewhere, except on a list that people read, or
-- where it stays inside. If two or none remain, nothing is requested.
create temp table w_receiver on commit drop as
with candidate as (
    select
        e.asked,
        r.source,
        r.connection,
        r.form,
        s.charts,
        coalesce(e.stands_in = r.source or e.stands_in = any(s.charts), false) as stands,
        (exists (
            select from identity.link as l
            where l.person_id = e.person_id and l.status = 'active' and l.known_seq <= %(seq)s
                and (l.retired_seq is null or l.retired_seq > %(seq)s)
                and (l.source = r.source or l.source = any(s.charts))
        )) as knows,
        coalesce(a.source = r.source or a.source = any(s.charts), false) as attributes,
        e.kind
    from w_asking as e
    inner join w_role as r on r.role = e.role
    left join lateral (
        select array_agg(v.value) as charts
        from w_serves as v
        where v.source = r.source and v.kind = 'charts'
    ) as s on true
    left join w_attributed as a on a.person_id = e.person_id
),

ranked as (
    select
        c.*,
        rank() over (
            partition by c.asked order by c.stands desc, c.knows desc, c.attributes desc
        ) as place
    from candidate as c
    where case
        when c.kind = 'documentation' and c.form = 'interface' then c.stands
        else c.charts is null or c.stands or (c.knows and c.kind <> 'billing')
    end
)

select f.asked, f.source, f.connection, f.form, f.charts
from (
    select r.*, count(*) over (partition by r.asked) as candidates
    from ranked as r
    where r.place = 1
) as f
where f.candidates = 1;
