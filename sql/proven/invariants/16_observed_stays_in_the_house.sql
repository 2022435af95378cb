-- reads: operations.night, operations.role, scope_transmission, tasks.inside, tasks.let_out, tasks.observed,
--     tasks.task, tasks.transmission, tasks.transmission_task

-- intended_while_observed: Something was to be sent in a night that only observed all the work that it is for.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    t.kind as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
inner join tasks.transmission_task as l on l.transmission_id = t.transmission_id
inner join tasks.task as k on k.task_id = l.task_id
left join operations.role as r
    on r.connection = t.target
    and r.role = case t.kind
        when 'booking' then 'schedule' when 'work_item' then 'billing'
        when 'eligibility' then 'payer' when 'claim_batch' then 'payer' else t.kind
    end
group by t.transmission_id, t.kind
having bool_and(operations.observes(t.planned_seq, k.workflow, r.source || '|' || r.role));

-- sent_while_observed: Something was sent during a night that only observed all the work that it is for.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    t.kind as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
inner join lateral (
    select max(o.seq) as seq
    from operations.night as o
    where o.started_at <= t.sent_at and o.status <> 'void'
) as n on true
inner join tasks.transmission_task as l on l.transmission_id = t.transmission_id
inner join tasks.task as k on k.task_id = l.task_id
left join operations.role as r
    on r.connection = t.target
    and r.role = case t.kind
        when 'booking' then 'schedule' when 'work_item' then 'billing'
        when 'eligibility' then 'payer' when 'claim_batch' then 'payer' else t.kind
    end
where t.sent_at is not null
group by t.transmission_id, t.kind
having bool_and(operations.observes(n.seq, k.workflow, r.source || '|' || r.role));

-- observed_sent_by_nobody: Work that was only observed was asked of somebody although no named person let it out.
select
    'task' as about_kind,
    k.task_id::text as about_id,
    k.kind as detail
from scope_transmission as x
inner join tasks.transmission_task as l on l.transmission_id = x.transmission_id
inner join tasks.task as k on k.task_id = l.task_id
inner join lateral (
    select o.case_id, o.stage, o.kind, o.from_seq
    from tasks.observed as o
    where o.case_id = k.case_id and o.stage = k.stage and o.kind = k.kind and o.from_seq < k.planned_seq
    order by o.from_seq desc
    limit 1
) as o on true
where not exists (
    select from tasks.let_out as d
    where d.case_id = o.case_id and d.stage = o.stage and d.kind = o.kind and d.from_seq = o.from_seq
        and d.known_seq <= k.planned_seq
)
-- asked for anew when it was live
and not tasks.is_asked_anew(k.planned_seq, k.case_id, k.stage, k.kind, k.workflow, null);

-- inside_work_was_sent: Something was sent for a task that stays inside.
select
    'task' as about_kind,
    i.task_id::text as about_id,
    t.kind as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
inner join tasks.transmission_task as l on l.transmission_id = x.transmission_id
inner join tasks.inside as i on i.task_id = l.task_id;
