-- reads: cases.setting, evidence.billing_provider, evidence.fact, evidence.visit, identity.link,
--     tasks.inside, tasks.task, tasks.transmission, tasks.transmission_task, w_wanted
-- makes: w_standing, w_due

-- The one next task of each case that asks for one, with the key of its effect on the outside.
-- Reads w_wanted and, as of this night, the log of tasks and transmissions; a replay reads the same.

-- If staff have already been asked to call a person and the request is still valid, another case about that
-- person joins it. One person, one contact.
create temp table w_standing on commit drop as
select distinct on (x.person_id) x.person_id, x.effect_key, x.planned_seq
from (select distinct w.person_id from w_wanted as w where w.wanted = 'outreach') as p
inner join tasks.transmission as x on x.person_id = p.person_id and x.kind = 'outreach'
where x.planned_seq < %(seq)s
    and x.intended_at is not null
    and not (x.outcome in ('rejected', 'withheld') and x.outcome_seq < %(seq)s)
    and (
        exists (
            select from tasks.transmission_task as l
            inner join tasks.task as t on t.task_id = l.task_id
            where l.transmission_id = x.transmission_id
                and t.planned_seq < %(seq)s
                and (t.closed_seq is null or t.closed_seq > %(seq)s)
        )
        -- a row of a list is there as long as a task needs it, and not after
        or (
            not x.in_list
            and x.planned_seq >= %(seq)s - 10
            and not exists (
                select from identity.link as l
                inner join evidence.fact as f
                    on f.subject_source = l.source and f.subject_id = l.source_id
                where l.person_id = x.person_id
                    and l.status = 'active'
                    and l.known_seq <= %(seq)s
                    and (l.retired_seq is null or l.retired_seq > %(seq)s)
                    and f.kind = 'task_update'
                    and f.identifiers ->> 'task' = x.effect_key
                    and f.code in ('completed', 'failed', 'rejected', 'cancelled')
                    and f.known_seq <= %(seq)s
                    and (f.retracted_seq is null or f.retracted_seq > %(seq)s)
            )
        )
    )
order by x.person_id, x.planned_seq desc, x.effect_key;

create unique index on w_standing (person_id);

-- The same of a call that stays inside.
insert into w_standing
select distinct on (t.person_id) t.person_id, t.effect_key, t.planned_seq
from (select distinct w.person_id from w_wanted as w where w.wanted = 'outreach') as p
inner join tasks.task as t on t.person_id = p.person_id and t.kind = 'outreach'
inner join tasks.inside as i on i.task_id = t.task_id
where t.planned_seq < %(seq)s and i.known_seq < %(seq)s
    and (t.closed_seq is null or t.closed_seq > %(seq)s)
order by t.person_id, t.planned_seq desc, t.effect_key
on conflict (person_id) do nothing;

create temp table w_due on commit drop as
select
    md5(concat_ws('|', 'task', c.case_id, c.stage, c.wanted, c.wanted_detail ->> 'attempt'))::uuid
    as task_id,
    c.case_id,
    c.person_id,
    c.workflow,
    c.stage,
    c.wanted as kind,
    (c.wanted_detail ->> 'attempt')::int as attempt,
    c.owner_team,
    coalesce(c.wanted_detail ->> 'priority', 'routine') as priority,
    -- Staff work on business days: a task of Friday's night is not late on Saturday.
    cases.day_end(cases.add_business_days(
        %(business_date)s::date, coalesce((c.wanted_detail ->> 'days')::int, 3)
    ), c.time_zone) as due_at,
    case c.wanted
        when 'outreach' then coalesce(
            s.effect_key, concat_ws('|', 'contact', c.person_id, %(business_date)s::date + 1)
        )
        when 'scheduling' then concat_ws('|', 'booking', c.person_id,
            c.wanted_detail ->> 'visit_type', c.trigger_ref, c.wanted_detail ->> 'attempt')
        when 'eligibility' then concat_ws('|', 'eligibility', c.person_id,
            c.wanted_detail ->> 'payer_id', %(business_date)s::date)
        when 'documentation' then concat_ws('|', 'documentation', c.encounter_ref,
            c.wanted_detail ->> 'attempt')
        when 'billing' then concat_ws('|', 'claim', c.encounter_ref)
        else concat_ws('|', 'review', c.case_id, c.stage, c.wanted_detail ->> 'attempt')
    end as effect_key,
    c.wanted_detail || case
        when c.wanted <> 'billing' then '{}'::jsonb
        when exists (
            select from cases.setting as own
            where own.name = 'sole_submitter'
                and own.key in (
                    (c.wanted_detail ->> 'payer_id') || '|any',
                    (c.wanted_detail ->> 'payer_id') || '|' || (
                        select o.npi
                        from evidence.visit as e
                        inner join evidence.billing_provider as o
                            on o.source = e.source and o.source_id = e.service_provider_id
                            and o.known_seq <= %(seq)s
                            and (o.retracted_seq is null or o.retracted_seq > %(seq)s)
                        where e.source = evidence.source_of_visit(c.encounter_ref)
                            and e.source_id = evidence.id_of_visit(c.encounter_ref)
                            and e.known_seq <= %(seq)s
                            and (e.retracted_seq is null or e.retracted_seq > %(seq)s)
                    )
                )
        ) then jsonb_build_object('route', 'claim')
        else jsonb_build_object('route', 'work_item')
    end as detail
from w_wanted as c
left join w_standing as s on s.person_id = c.person_id and c.wanted = 'outreach'
where not exists (
    select from tasks.task as t
    where t.case_id = c.case_id and t.stage = c.stage and t.planned_seq < %(seq)s
        and (t.closed_seq is null or t.closed_seq > %(seq)s)
);

create unique index on w_due (task_id);

analyze w_due;
