-- reads: operations.role, tasks.task, tasks.transmission, tasks.transmission_task, w_forbidden, w_outgoing
-- changes: operations.prevented

-- Of what is about to be sent (w_outgoing), withholds what may not be (w_forbidden), what no case needs, and what is only
-- observed.
insert into operations.prevented (seq, effect_key, kind, reason, person_id, at)
select %(seq)s, x.effect_key, case when x.kind = 'work_item' then 'claim' else 'contact' end, f.reason,
    x.person_id, %(as_of)s
from w_forbidden as f
inner join w_outgoing as x
    on x.person_id = f.person_id and f.reaches_out = (x.kind in ('outreach', 'booking'))
where x.is_unsent
on conflict do nothing;

select tasks.set_outcome(x.transmission_id, 'withheld', %(seq)s, f.reason)
from w_forbidden as f
inner join w_outgoing as x
    on x.person_id = f.person_id and f.reaches_out = (x.kind in ('outreach', 'booking'))
where x.is_unsent;

-- Do not send what no case needs.
select tasks.set_outcome(x.transmission_id, 'withheld', %(seq)s, 'no longer needed')
from w_outgoing as x
where x.is_unsent and x.kind not in ('claim_batch', 'work_list')
    and exists (
        select from tasks.transmission as o
        where o.transmission_id = x.transmission_id and o.outcome = 'intended'
    )
    and not exists (
        select from tasks.transmission_task as l
        inner join tasks.task as t on t.task_id = l.task_id
        where l.transmission_id = x.transmission_id and t.closed_seq is null
    );

-- Nothing goes out of what is only observed since it was planned. The task ends, and its case asks anew.
-- Two sources may share a receiver: an outcome is recorded once.
select tasks.set_outcome(o.transmission_id, 'withheld', %(seq)s, 'observed')
from (
    select distinct x.transmission_id
    from w_outgoing as x
    left join operations.role as r
        on r.connection = x.target
        and r.role = case x.kind
            when 'booking' then 'schedule' when 'work_item' then 'billing' when 'eligibility' then 'payer' else x.kind
        end
    where x.is_unsent and x.kind not in ('claim_batch', 'work_list')
        and exists (
            select from tasks.transmission as o
            where o.transmission_id = x.transmission_id and o.outcome = 'intended'
        )
        and not exists (
            select from tasks.transmission_task as l
            inner join tasks.task as t on t.task_id = l.task_id
            where l.transmission_id = x.transmission_id and t.closed_seq is null
                and not tasks.is_observed(%(seq)s, t.task_id, r.source || '|' || r.role)
        )
) as o;

drop table w_forbidden;

drop table w_outgoing;
