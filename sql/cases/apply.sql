-- reads: cases.case_record, cases.stage, w_final, w_state
-- changes: cases.case_record, cases.event, cases.stage
-- counts: stages_changed, cases_changed

-- Writes what changed: first the history, then the state.
insert into cases.event (
    event_id, case_id, kind, stage, from_state, to_state, occurred_at, known_seq, fact_id, detail
)
select
    md5(concat_ws('|', 'case-event', n.case_id, %(seq)s, n.stage, n.state))::uuid,
    n.case_id,
    case
        when n.state = 'complete' then 'proven'
        when o.state = 'complete' then 'taken_back'
        else 'changed'
    end,
    n.stage,
    o.state as from_state,
    n.state as to_state,
    coalesce(n.proven_at, %(as_of)s),
    %(seq)s,
    coalesce(n.fact_id, o.fact_id),
    jsonb_strip_nulls(jsonb_build_object('reason', n.reason))
from w_final as n
left join cases.stage as o on o.case_id = n.case_id and o.stage = n.stage
where n.state is distinct from coalesce(o.state, 'not_reached')
on conflict do nothing;

insert into cases.event (
    event_id, case_id, kind, stage, from_state, to_state, occurred_at, known_seq, detail
)
select
    md5(concat_ws('|', 'case-event', t.case_id, %(seq)s, 'status', t.status))::uuid,
    t.case_id,
    case
        when t.status = 'open' then 'reopened'
        else t.status
    end,
    t.stage,
    c.status as from_state,
    t.status as to_state,
    %(as_of)s,
    %(seq)s,
    jsonb_strip_nulls(jsonb_build_object('reason', t.close_reason))
from w_state as t
inner join cases.case_record as c on c.case_id = t.case_id
where t.status <> c.status
on conflict do nothing;

-- count: stages_changed
insert into cases.stage as s (
    case_id, stage, position, state, fact_id, proven_at, due_at, reason, detail, derived_seq
)
select case_id, stage, position, state, fact_id, proven_at, due_at, reason, detail, %(seq)s
from w_final
on conflict (case_id, stage) do update set
    state = excluded.state,
    fact_id = excluded.fact_id,
    proven_at = excluded.proven_at,
    due_at = excluded.due_at,
    reason = excluded.reason,
    detail = excluded.detail,
    derived_seq = excluded.derived_seq
where (s.state, s.fact_id, s.proven_at, s.due_at, s.reason, s.detail)
is distinct from (
    excluded.state, excluded.fact_id, excluded.proven_at, excluded.due_at, excluded.reason,
    excluded.detail
);

-- count: cases_changed
update cases.case_record as c
set trigger_on = t.trigger_on,
    time_zone = t.zone,
    stage = t.stage,
    stage_state = t.stage_state,
    status = t.status,
    close_reason = t.close_reason,
    closed_seq = case when t.status = 'open' then null else coalesce(c.closed_seq, %(seq)s) end,
    recheck_at = t.recheck_at,
    waits_on_feeds = t.waits_on_feeds,
    owner_team = t.owner_team,
    wanted = t.asks,
    wanted_detail = t.wanted_detail,
    encounter_ref = t.encounter_ref,
    patient_control_number = t.patient_control_number,
    expected_amount = t.expected_amount,
    expected_code = t.expected_code,
    next_step = case when t.status = 'open' then coalesce(c.next_step, 'wait') end,
    next_step_ref = case when t.status = 'open' then c.next_step_ref end,
    next_due_at = case when t.status = 'open' then c.next_due_at end,
    derived_seq = %(seq)s
from w_state as t
where c.case_id = t.case_id
    and (
        c.trigger_on, c.time_zone, c.stage, c.stage_state, c.status, c.close_reason, c.recheck_at, c.waits_on_feeds,
        c.owner_team, c.wanted, c.wanted_detail, c.encounter_ref, c.patient_control_number,
        c.expected_amount, c.expected_code
    ) is distinct from (
        t.trigger_on, t.zone, t.stage, t.stage_state, t.status, t.close_reason, t.recheck_at, t.waits_on_feeds,
        t.owner_team, t.asks, t.wanted_detail, t.encounter_ref, t.patient_control_number,
        t.expected_amount, t.expected_code
    );
