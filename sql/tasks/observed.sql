-- reads: tasks.let_out, tasks.observed, tasks.task, w_asking, w_due, w_receiver, w_role, w_serves, w_unsent
-- makes: w_target, w_observed, w_plan

-- What of w_due is planned (w_plan), and what is not asked of anybody (w_observed): because the practice, its workflow or its
-- target is only observed this night, or because it was observed before and no named person has let it out, nor asked for
-- it again when it was live.
create temp table w_target on commit drop as
select r.asked, r.source || '|' || a.role as target
from w_receiver as r
inner join w_asking as a on a.asked = r.asked
union
-- claims and eligibility inquiries go to who serves the payer: if one of these is only observed, they are
select d.asked, min(p.source || '|payer')
from (
    select x.task_id::text as asked, x.kind, x.detail from w_due as x
    union
    select u.task_id::text as asked, u.kind, u.detail from w_unsent as u
) as d
inner join w_role as p on p.role = 'payer'
where (d.kind = 'eligibility' or d.detail ->> 'route' = 'claim')
    and operations.observes(%(seq)s, null, p.source || '|payer')
    and (
        not exists (select from w_serves as s where s.source = p.source and s.kind = 'payers')
        or exists (
            select from w_serves as s
            where s.source = p.source and s.kind = 'payers' and s.value = d.detail ->> 'payer_id'
        )
    )
group by d.asked;

create temp table w_observed on commit drop as
select
    d.case_id, d.stage, d.kind, d.person_id, d.workflow, d.attempt, d.owner_team, d.priority, d.task_id,
    t.target, d.detail,
    not o.observes as is_held
from w_due as d
left join w_target as t on t.asked = d.task_id::text
cross join lateral (select operations.observes(%(seq)s, d.workflow, t.target) as observes) as o
-- the last time that it was observed or held before this night
left join lateral (
    select x.from_seq
    from tasks.observed as x
    where x.case_id = d.case_id and x.stage = d.stage and x.kind = d.kind and x.from_seq < %(seq)s
    order by x.from_seq desc
    limit 1
) as b on true
where d.kind <> 'review'
    and (
        o.observes
        or (
            b.from_seq is not null
            and not tasks.is_asked_anew(%(seq)s, d.case_id, d.stage, d.kind, d.workflow, t.target)
            and not exists (
                select from tasks.let_out as l
                where l.case_id = d.case_id and l.stage = d.stage and l.kind = d.kind
                    and l.from_seq = b.from_seq and l.known_seq <= %(seq)s
            )
        )
        -- it was planned and had not gone out when observing began, and has not been planned since
        or exists (
            select from tasks.task as e
            where e.case_id = d.case_id and e.stage = d.stage and e.kind = d.kind
                and e.status_reason = 'observed' and e.closed_seq <= %(seq)s
                and coalesce(b.from_seq < e.closed_seq, true)
        )
        and not tasks.is_asked_anew(%(seq)s, d.case_id, d.stage, d.kind, d.workflow, t.target)
    );

create temp table w_plan on commit drop as
select d.*
from w_due as d
where not exists (select from w_observed as o where o.task_id = d.task_id);

create unique index on w_plan (task_id);

analyze w_plan;
