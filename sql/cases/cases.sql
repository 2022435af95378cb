-- reads: cases.case_record, operations.night, w_fact, w_person, w_profile, w_workflow
-- makes: w_case

-- The cases of the persons on the work list, with the facts that every rule asks for.
create temp table w_case on commit drop as
select
    c.case_id,
    c.workflow,
    c.version,
    c.person_id,
    c.trigger_ref,
    -- a corrected event moves the day from which the clocks count
    coalesce(cases.local_day(t.occurred_at, t.zone), c.trigger_on) as trigger_on,
    -- the site where it began, or else the person's
    case when t.fact_id is not null then t.zone else o.zone end as zone,
    c.opened_seq,
    (select n.business_date from operations.night as n where n.seq = c.opened_seq) as opened_on,
    w.owner_team,
    coalesce(t.occurred_at, evidence.day_start(c.trigger_on)) as trigger_at,
    -- a service due by the calendar has no event: a conversation before a night found it due was not
    -- about it
    case
        when w.rule -> 'trigger' ? 'due' then greatest(
            coalesce(t.occurred_at, evidence.day_start(c.trigger_on)),
            (select evidence.day_start(n.business_date) from operations.night as n where n.seq = c.opened_seq)
        )
        else coalesce(t.occurred_at, evidence.day_start(c.trigger_on))
    end as contact_from,
    w.rule -> 'trigger' ? 'due' or t.fact_id is not null as trigger_stands,
    cov.payer_class,
    cov.payer_id,
    w.rule -> 'trigger' as trigger_rule
from cases.case_record as c
inner join w_person as p on p.person_id = c.person_id
inner join w_workflow as w on w.workflow = c.workflow and w.version = c.version
left join lateral (
    select f.fact_id, f.occurred_at, f.zone
    from w_fact as f
    where f.person_id = c.person_id and f.source_ref = c.trigger_ref
        and f.kind = coalesce(w.rule -> 'trigger' ->> 'fact', w.rule -> 'trigger' ->> 'unbilled')
        and (
            (
                w.rule -> 'trigger' ? 'unbilled'
                and (f.detail ->> 'is_billable_practitioner')::boolean
                and exists (
                    select from w_fact as d
                    where d.encounter = f.encounter and d.kind = 'note' and d.person_id = f.person_id
                        and w.rule -> 'trigger' -> 'note_types' ? d.code
                )
            )
            or (w.rule -> 'trigger' ? 'fact' and w.rule -> 'trigger' -> 'codes' ? f.code
                and w.rule -> 'trigger' -> 'facility_classes' ? (f.detail ->> 'facility_class'))
        )
    order by f.fact_id
    limit 1
) as t on true
-- A service due by the calendar is paid by the payer who covers the person when the case opens.
cross join lateral (
    select coalesce(
        t.occurred_at,
        evidence.day_start(greatest(c.trigger_on, (
            select n.business_date from operations.night as n where n.seq = c.opened_seq
        )))
    ) as covered_at
) as m
left join w_profile as o on o.person_id = c.person_id
left join lateral (
    select f.code as payer_class, f.detail ->> 'payer_id' as payer_id
    from w_fact as f
    where f.person_id = c.person_id and f.kind = 'coverage'
        and coalesce(f.starts_at, '-infinity') <= m.covered_at
        and coalesce(f.ends_at, 'infinity') > m.covered_at
    order by (f.detail ->> 'order')::int nulls last, f.starts_at, f.fact_id
    limit 1
) as cov on true
where c.opened_seq <= %(seq)s;

create unique index on w_case (case_id);

create index on w_case (person_id);

analyze w_case;
