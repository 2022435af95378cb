-- reads: w_current, w_stage, w_state, w_unsupported
-- makes: w_final
-- changes: w_state

-- The stages as they are stored: a case's current stage carries the case's own state.
create temp table w_final on commit drop as
select
    s.case_id,
    s.position,
    s.stage,
    case
        when s.state <> 'pending' then s.state
        when s.position = u.position and t.status = 'open'
            then case t.stage_state when 'blocked' then 'pending' else t.stage_state end
        else 'not_reached'
    end as state,
    s.fact_id,
    s.proven_at,
    case when s.state = 'complete' or s.position = u.position then s.due_at end as due_at,
    s.reason,
    coalesce(s.detail, '{}'::jsonb) as detail
from w_stage as s
inner join w_state as t on t.case_id = s.case_id
left join w_current as u on u.case_id = s.case_id;

create unique index on w_final (case_id, stage);

analyze w_final;

-- One word for what a case asks for: the kind of its next task, wait or exception; open while a task runs.
alter table w_state add column asks text;

update w_state
set asks = case wanted when 'task' then wanted_kind else wanted end,
    wanted_detail = wanted_detail || jsonb_strip_nulls(jsonb_build_object(
        'reason', case when wanted = 'exception' then wanted_kind end,
        'due_at', wanted_due_at,
        'stage', stage,
        'do_not_bill', (select n.reason from w_unsupported as n where n.case_id = w_state.case_id)
    ))
where wanted is not null;

analyze w_state;
