-- reads: cases.case_record, cases.stage, cases.workflow_version, evidence.fact, identity.link,
--     operations.night

-- When the clock of each stage of these cases ends by its definition, whether it is proven, and the first thing of its kind
-- that came after the last day that counts: a talk with the patient, a visit. `evidence` false leaves that out, for those
-- who may not see patients. `proofs`: only stages with one of these, or null for all. The newest night can know nothing
-- of after the day that follows its cut-off, so nothing is looked for while days that count are still to come.
with known as (
    select max(n.cut_off) + interval '1 day' as until_at
    from operations.night as n
    where n.status <> 'void'
),

own as (
    select
        c.case_id,
        c.person_id,
        c.trigger_on,
        coalesce(c.time_zone, (select cases.practice_zone())) as time_zone,
        s.rule,
        s.position,
        n.business_date as opened_on,
        b.proven_at as base_at,
        t.state,
        t.proven_at
    from cases.case_record as c
    inner join cases.workflow_version as w on w.workflow = c.workflow and w.version = c.version
    cross join lateral jsonb_array_elements(w.definition -> 'stages') with ordinality as s (rule, position)
    inner join cases.stage as t on t.case_id = c.case_id and t.stage = s.rule ->> 'stage'
    left join cases.stage as b on b.case_id = c.case_id and b.stage = s.rule -> 'clock' ->> 'from'
    left join operations.night as n on n.seq = c.opened_seq
    where c.case_id = any(%(cases)s::uuid[]) and c.trigger_on is not null and s.rule ? 'clock'
        and (%(proofs)s::text[] is null or s.rule ->> 'proof' = any(%(proofs)s::text[]))
),

-- as sql/cases/stages.sql sets the clock
base as (
    select
        o.*,
        case o.rule -> 'clock' ->> 'from'
            when 'trigger' then o.trigger_on
            when 'opened' then greatest(o.trigger_on, o.opened_on)
            else coalesce(cases.local_day(o.base_at, o.time_zone), o.trigger_on)
        end as base_on,
        o.trigger_on + coalesce((o.rule -> 'window' ->> 'days')::int, 400) as counts_until
    from own as o
)

select
    b.case_id::text as case_id,
    b.rule ->> 'stage' as stage,
    b.rule ->> 'proof' as proof,
    cases.day_end(
        case
            when b.rule -> 'clock' ? 'business_days'
                then cases.add_business_days(b.base_on, (b.rule -> 'clock' ->> 'business_days')::int)
            else b.base_on + (b.rule -> 'clock' ->> 'days')::int
        end,
        b.time_zone
    ) as ends_at,
    b.counts_until,
    b.state,
    b.proven_at,
    l.late_at
from base as b
left join lateral (
    select min(f.occurred_at) as late_at
    from identity.link as i
    inner join evidence.fact as f on f.subject_source = i.source and f.subject_id = i.source_id
    where %(evidence)s and b.state <> 'complete'
        and cases.day_end(b.counts_until, b.time_zone) <= (select k.until_at from known as k)
        and i.person_id = b.person_id and i.status = 'active' and i.retired_seq is null
        and f.kind = b.rule ->> 'proof' and f.retracted_seq is null
        and (
            (f.kind = 'contact' and f.code = 'reached')
            or (f.kind = 'visit' and coalesce((f.detail ->> 'is_billable_practitioner')::boolean, true))
        )
        and f.occurred_at >= cases.day_end(b.counts_until, b.time_zone)
) as l on true
order by b.case_id, b.position;
