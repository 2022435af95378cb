-- reads: cases.case_record, evidence.fact, operations.observing, operations.routing, w_due, w_unsent
-- makes: w_asking, w_routing, w_role, w_serves

-- Of whom receiver.sql looks for the receiver, if a target is only observed this night: what is due (w_due), and what was
-- planned before and has not gone out (w_unsent). Among the systems of this night, as a replay does.
create temp table w_asking on commit drop as
select
    x.asked,
    x.kind,
    case x.kind when 'scheduling' then 'schedule' else x.kind end as role,
    x.person_id,
    case
        when x.kind in ('documentation', 'billing') then evidence.source_of_visit(x.detail ->> 'encounter')
        else (
            select f.source
            from cases.case_record as c
            inner join evidence.fact as f on f.fact_id = c.trigger_fact_id
            where c.case_id = x.case_id
        )
    end as stands_in
from (
    select d.task_id::text as asked, d.case_id, d.kind, d.person_id, d.detail
    from w_due as d
    union
    select u.task_id::text as asked, u.case_id, u.kind, u.person_id, u.detail
    from w_unsent as u
) as x
where x.kind in ('outreach', 'scheduling', 'documentation', 'billing')
    and coalesce(x.detail ->> 'route', '') <> 'claim'
    and exists (
        select from operations.observing as o
        where o.scope = 'target' and o.from_seq <= %(seq)s and (o.to_seq is null or o.to_seq > %(seq)s)
    );

create temp table w_routing on commit drop as
select g.roles, g.serves
from operations.routing as g
where g.known_seq <= %(seq)s
order by g.known_seq desc
limit 1;

create temp table w_role on commit drop as
select
    r.entry ->> 'source' as source,
    r.entry ->> 'role' as role,
    r.entry ->> 'connection' as connection,
    coalesce(r.entry ->> 'form', 'interface') as form
from w_routing as g
cross join lateral jsonb_array_elements(g.roles) as r (entry);

create temp table w_serves on commit drop as
select v.entry ->> 'source' as source, v.entry ->> 'kind' as kind, v.entry ->> 'value' as value
from w_routing as g
cross join lateral jsonb_array_elements(g.serves) as v (entry);
