-- reads: cases.not_opened, cases.workflow_version
-- changes: w_unmatched

-- A discharge of which the chart does not say where the patient went, and nothing else keeps it from opening a case:
-- somebody has to look before the case's first clock ends.
insert into w_unmatched
select
    'disposition_not_stated',
    'discharge',
    'discharge ' || left(md5(concat_ws('|', k.person_id, k.trigger_ref)), 8),
    max(k.source),
    null::numeric,
    jsonb_build_object('source', max(k.source), 'day', max(k.happened_on)),
    k.person_id,
    min(cases.day_end(case
        when s.rule -> 'clock' ? 'business_days'
            then cases.add_business_days(k.happened_on, (s.rule -> 'clock' ->> 'business_days')::int)
        else k.happened_on + (s.rule -> 'clock' ->> 'days')::int
    end))
from cases.not_opened as k
inner join cases.workflow_version as v on v.workflow = k.workflow and v.version = k.version
cross join lateral (select v.definition -> 'stages' -> 0 as rule) as s
where k.reason = 'disposition_not_stated'
    and v.activated_seq is not null and v.retired_seq is null
    and k.happened_on >= %(business_date)s::date - (v.definition -> 'trigger' ->> 'known_within_days')::int
    and not exists (
        select from cases.not_opened as o
        where o.person_id = k.person_id and o.workflow = k.workflow and o.trigger_ref = k.trigger_ref
            and o.reason <> k.reason
    )
group by k.person_id, k.trigger_ref;
