-- reads: cases.workflow_version
-- makes: w_workflow, w_rule, w_exclusion

-- The definitions as rows: one per stage of each version of each workflow.
create temp table w_workflow on commit drop as
select
    v.workflow,
    v.version,
    v.definition as rule,
    v.definition ->> 'owner_team' as owner_team,
    coalesce(v.activated_seq <= %(seq)s, false)
    and coalesce(v.retired_seq > %(seq)s, true) as is_active
from cases.workflow_version as v;

create temp table w_rule on commit drop as
select
    w.workflow,
    w.version,
    s.position::int as position,
    s.rule ->> 'stage' as stage,
    s.rule ->> 'proof' as proof,
    s.rule ->> 'owner_team' as owner_team,
    s.rule -> 'clock' ->> 'from' as clock_from,
    (s.rule -> 'clock' ->> 'days')::int as clock_days,
    (s.rule -> 'clock' ->> 'business_days')::int as clock_business_days,
    coalesce((s.rule -> 'window' ->> 'days')::int, 400) as window_days,
    (s.rule ->> 'attempts_meet_clock')::int as attempts_meet_clock,
    s.rule -> 'task' ->> 'kind' as task_kind,
    (s.rule -> 'task' ->> 'attempts')::int as task_attempts,
    (s.rule -> 'task' ->> 'days')::int as task_days,
    coalesce((s.rule -> 'task' ->> 'after_days')::int, 0) as task_after_days,
    s.rule -> 'task' ->> 'priority' as priority,
    s.rule -> 'task' ->> 'visit_type' as visit_type,
    (s.rule -> 'task' ->> 'aim_days')::int as aim_days,
    array(select jsonb_array_elements_text(s.rule -> 'visit_types')) as visit_types,
    array(select jsonb_array_elements_text(s.rule -> 'not_visit_types')) as not_visit_types,
    array(select jsonb_array_elements_text(s.rule -> 'charge_codes')) as charge_codes,
    array(select jsonb_array_elements_text(s.rule -> 'note_types')) as note_types,
    array(select jsonb_array_elements_text(s.rule -> 'needs')) as needs,
    array(select jsonb_array_elements_text(s.rule -> 'codes' -> 'any')) as claim_codes,
    coalesce(s.rule -> 'pays', '[]'::jsonb) as pays,
    -- the codes that the workflow bills under, wherever it says so
    array(
        select b.code
        from jsonb_array_elements(w.rule -> 'stages') as t (rule)
        cross join lateral (
            select p ->> 'code' from jsonb_array_elements(coalesce(t.rule -> 'pays', '[]'::jsonb)) as p
            union all
            select jsonb_array_elements_text(coalesce(t.rule -> 'codes' -> 'any', '[]'::jsonb))
        ) as b (code)
    ) as bill_codes
from w_workflow as w
cross join lateral jsonb_array_elements(w.rule -> 'stages') with ordinality as s (rule, position);

create temp table w_exclusion on commit drop as
select
    w.workflow,
    w.version,
    e.rule ->> 'reason' as reason,
    e.rule ->> 'when' as applies_when,
    (e.rule ->> 'days')::int as days,
    array(select jsonb_array_elements_text(e.rule -> 'codes')) as codes,
    e.position::int as position
from w_workflow as w
cross join lateral jsonb_array_elements(w.rule -> 'exclusions') with ordinality as e (rule, position);
