-- reads: w_fact, w_rule
-- makes: w_serving

-- The visits that may serve a workflow, one row per stage that a visit proves: with a practitioner who may bill, and of
-- the right type according to the charge or the booking. Two files assign visits to cases from it: triggers.sql when
-- cases open, and proofs.sql when stages are proven. It is a view, so that each reads only the persons and days of its
-- cases.
create temp view w_serving as
select
    r.workflow,
    r.version,
    r.position,
    r.stage,
    r.proof,
    r.window_days,
    f.person_id,
    f.fact_id,
    f.encounter,
    f.occurred_at,
    f.on_day,
    f.identifiers,
    f.detail,
    -- Prefer the visit that the clinician charged under the workflow's own codes, else take the first.
    (exists (
        select from w_fact as g
        where g.encounter = f.encounter and g.kind = 'charge' and g.person_id = f.person_id
            and g.code = any(r.bill_codes)
    )) as is_charged_as_such
from w_rule as r
inner join w_fact as f on f.kind = 'visit'
where r.proof = 'visit'
    and (f.detail ->> 'is_billable_practitioner')::boolean
    and (
        (cardinality(r.visit_types) = 0 and cardinality(r.charge_codes) = 0)
        or exists (
            select from w_fact as g
            where g.encounter = f.encounter and g.kind = 'charge' and g.person_id = f.person_id
                and g.code = any(r.charge_codes)
        )
        or exists (
            select from w_fact as b
            where b.person_id = f.person_id and b.kind in ('booking', 'arrived')
                and b.identifiers ->> 'appointment' = f.identifiers ->> 'appointment'
                and b.detail ->> 'visit_type' = any(r.visit_types)
        )
    );
