-- reads: cases.case_record, cases.event, evidence.fact, identity.link, operations.source, w_case, w_fact,
--     w_impossible, w_named_visit, w_proof, w_same, w_visit_claim
-- makes: w_overpaid

-- Overpayments: the claim was paid, but the evidence that had proven the visit or the note was withdrawn,
-- with no newer version, or a charge that was claimed, or the visit cannot have been on its day. Report and return
-- within 60 days (42 CFR 401.305).
create temp table w_overpaid on commit drop as
with fallen as (
    select
        c.case_id,
        c.person_id,
        n.encounter,
        coalesce(s.on_day, cases.local_day(v.starts_at, c.zone)) as on_day
    from w_case as c
    inner join cases.event as e on e.case_id = c.case_id and e.kind = 'proven' and e.known_seq < %(seq)s
    inner join evidence.fact as v on v.fact_id = e.fact_id and v.kind in ('visit', 'note')
    left join operations.source as o on o.source = v.source
    -- the name of the visit, as its facts have it
    left join w_same as m
        on m.person_id = c.person_id and m.source = v.source
        and m.source_ref = 'encounter/' || (v.identifiers ->> 'encounter')
    left join w_named_visit as w
        on v.kind = 'note' and w.person_id = c.person_id and w.source = v.source
        and w.id = v.identifiers ->> 'encounter'
    cross join lateral (
        select coalesce(m.name, w.name, coalesce(o.id_prefix, '') || (v.identifiers ->> 'encounter')) as encounter
    ) as n
    left join w_fact as s
        on s.person_id = c.person_id and s.kind = 'visit' and s.encounter = n.encounter
    where not exists (
        select from w_fact as f
        where f.person_id = c.person_id and f.kind = v.kind
            and f.encounter = n.encounter
    )
    union
    select
        c.case_id, c.person_id, coalesce(o.id_prefix, '') || (v.identifiers ->> 'encounter'),
        cases.local_day(v.starts_at, c.zone)
    from w_case as c
    inner join cases.case_record as r on r.case_id = c.case_id
    inner join evidence.fact as v on v.fact_id = r.trigger_fact_id and v.kind = 'visit'
    left join operations.source as o on o.source = v.source
    where not c.trigger_stands
    union
    -- The visit stands, but a code that was charged for it and claimed is charged no more: the charge was deleted,
    -- entered in error, must not be billed after all, or became another code.
    select p.case_id, c.person_id, p.encounter, null::date
    from w_proof as p
    inner join w_case as c on c.case_id = p.case_id
    inner join w_visit_claim as q on q.person_id = c.person_id and q.encounter = p.encounter
    inner join w_fact as k on k.person_id = c.person_id and k.kind = 'claim' and k.pcn = q.pcn
    -- by the id of the visit in its chart, or by what another system calls it
    cross join lateral (
        select null as source, evidence.id_of_visit(p.encounter) as id
        union all
        select n.source, n.id from w_named_visit as n
        where n.person_id = c.person_id and n.name = p.encounter
    ) as w
    inner join evidence.fact as g
        on g.identifiers ? 'encounter' and g.identifiers ->> 'encounter' = w.id
        and g.kind = 'charge'
        and g.code = k.code and g.known_seq < %(seq)s and g.retracted_seq <= %(seq)s
    left join operations.source as o on o.source = g.source
    where p.proof = 'visit'
        and case
            when w.source is null then coalesce(o.id_prefix, '') || (g.identifiers ->> 'encounter') = p.encounter
            else g.source = w.source and exists (
                select from identity.link as l
                where l.source = g.subject_source and l.source_id = g.subject_id and l.person_id = c.person_id
                    and l.status = 'active' and l.known_seq <= %(seq)s
                    and (l.retired_seq is null or l.retired_seq > %(seq)s)
            )
        end
        and not exists (
            select from w_fact as s
            where s.person_id = c.person_id and s.kind = 'charge' and s.encounter = p.encounter
                and s.code = k.code and not s.detail ? 'no_charge_reason'
        )
    union
    select i.case_id, i.person_id, i.encounter, i.service_on
    from w_impossible as i
    where i.why <> 'in_future'
)

select x.case_id, x.person_id, sum(f.amount) as paid
from (
    select distinct l.case_id, l.person_id, k.pcn
    from fallen as l
    inner join w_fact as k
        on k.person_id = l.person_id and k.kind = 'claim' and k.pcn is not null
    where k.encounter = l.encounter
        -- the claim that had proven this case, or a claim without a current visit
        or exists (
            select from cases.event as e
            inner join evidence.fact as v
                on v.fact_id = e.fact_id and v.kind in ('claim_accepted', 'remittance')
                and v.identifiers ->> 'patient_control_number' = k.pcn
            where e.case_id = l.case_id and e.kind = 'proven' and e.known_seq < %(seq)s
        )
        or (
            k.encounter is null and k.on_day = l.on_day
            and not exists (
                select from w_visit_claim as o
                where o.person_id = k.person_id and o.pcn = k.pcn and o.encounter <> l.encounter
            )
        )
) as x
inner join w_fact as f on f.person_id = x.person_id and f.kind = 'remittance' and f.pcn = x.pcn
group by x.case_id, x.person_id
having sum(f.amount) > 0;
