-- reads: cases.case_record, cases.event, cases.stage, cases.told_charge, evidence.fact, identity.link,
--     landing.batch_file, landing.file, landing.removed_file, operations.decision, operations.exception,
--     operations.night, tasks.task, tasks.transmission, tasks.transmission_task

-- The story of a case on one line of time: what changed, what was asked for, what was sent, what was decided, and what
-- the systems of record say. `evidence` false leaves out what they say, and when it happened, for those who may not see
-- patients: what they proved stands at the night that learned it.
with own as (
    select c.* from cases.case_record as c where c.case_id = %(case_id)s
),

work as (
    select t.* from tasks.task as t where t.case_id = %(case_id)s
),

stuck as (
    select e.*
    from operations.exception as e
    where e.case_id = %(case_id)s
        or (e.about_kind = 'task' and e.about_id in (select k.task_id::text from work as k))
),

-- What proved a stage was taken back and another fact proved it in the same night: the stage stayed proven, so no event
-- says it.
replaced as (
    select
        v.stage,
        s.state,
        o.source as old_source,
        o.source_ref as old_ref,
        o.retracted_seq,
        f.source,
        f.source_ref,
        f.known_seq,
        coalesce((o.source, o.source_ref) = (f.source, f.source_ref), false) as is_corrected
    from (
        select distinct on (e.stage) e.*
        from cases.event as e
        where e.case_id = %(case_id)s and e.kind in ('proven', 'taken_back')
        order by e.stage, e.known_seq desc, e.kind
    ) as v
    inner join evidence.fact as o on o.fact_id = v.fact_id and o.retracted_seq is not null
    inner join cases.stage as s on s.case_id = v.case_id and s.stage = v.stage and s.fact_id <> v.fact_id
    inner join evidence.fact as f on f.fact_id = s.fact_id
    where v.kind = 'proven'
),

line as (
    -- what is proven anew stands at the night that learned it, after what was taken back
    select
        case when %(evidence)s and not b.is_again then v.occurred_at else n.cut_off end as at,
        'event' as part,
        case when b.is_again then 'proven_anew' else v.kind end as kind,
        v.stage,
        v.from_state,
        v.to_state,
        v.detail ->> 'reason' as note,
        f.source,
        f.source_ref as ref,
        v.known_seq as seq,
        false as is_taken_back
    from cases.event as v
    inner join operations.night as n on n.seq = v.known_seq
    left join evidence.fact as f on f.fact_id = v.fact_id
    cross join lateral (
        select v.kind = 'proven' and exists (
            select from cases.event as o
            where o.case_id = v.case_id and o.stage = v.stage and o.kind = 'proven' and o.known_seq < v.known_seq
        ) as is_again
    ) as b
    where v.case_id = %(case_id)s
    union all
    select
        n.cut_off, 'event', 'taken_back', r.stage, null, r.state, case when r.is_corrected then 'corrected' end, r.old_source,
        r.old_ref, r.retracted_seq, false
    from replaced as r
    inner join operations.night as n on n.seq = r.retracted_seq
    union all
    select
        n.cut_off, 'event', 'proven_anew', r.stage, null, 'complete', case when r.is_corrected then 'corrected' end, r.source, r.source_ref,
        n.seq, false
    from replaced as r
    inner join operations.night as n on n.seq = greatest(r.known_seq, r.retracted_seq)
    where r.state = 'complete'
    union all
    select k.planned_at, 'task', k.kind, k.stage, null, k.status, k.status_reason, null, null, k.planned_seq, false
    from work as k
    union all
    select
        coalesce(x.sent_at, x.intended_at), 'transmission', x.kind, k.stage, null, x.outcome, x.outcome_reason,
        x.target, left(x.transmission_id::text, 8), x.planned_seq, false
    from work as k
    inner join tasks.transmission_task as l on l.task_id = k.task_id
    inner join tasks.transmission as x on x.transmission_id = l.transmission_id
    union all
    select
        e.opened_at, 'exception', e.reason, e.detail ->> 'stage', null, e.status, case when %(evidence)s then e.resolution end, e.owner_team,
        e.exception_id::text, e.opened_seq, false
    from stuck as e
    union all
    select
        d.decided_at, 'decision', d.kind, e.detail ->> 'stage',
        case when %(evidence)s then coalesce(d.detail ->> 'outcome', d.detail ->> 'level', d.detail ->> 'done_on') end, d.decided_by, case when %(evidence)s then d.note end, d.door,
        case when d.door = 'question' then concat(d.record ->> 'dag_id', '/', d.record ->> 'run_id') end, d.known_seq, false
    from operations.decision as d
    left join stuck as e on d.about_kind = 'exception' and d.about_id = e.exception_id::text
    where (d.about_kind = 'exception' and d.about_id in (select o.exception_id::text from stuck as o))
        or (d.about_kind = 'case' and d.about_id = %(case_id)s::text)
        or (d.about_kind = 'recorded_call' and d.about_id in (
            select o.decision_id::text
            from operations.decision as o
            where o.about_kind = 'case' and o.about_id = %(case_id)s::text
        ))
        or (d.about_kind = 'stated' and d.about_id in (
            select o.decision_id::text
            from operations.decision as o
            where o.about_kind = 'exception' and o.about_id in (select k.exception_id::text from stuck as k)
        ))
    union all
    select
        f.occurred_at, 'fact', f.kind, null, null, f.code,
        (
            select 'bytes removed by retention on ' || to_char(max(g.removed_at), 'YYYY-MM-DD')
            from landing.batch_file as x
            inner join landing.file as a on a.file_id = x.file_id
            inner join landing.removed_file as g on g.path = a.path
            where x.batch_id = f.batch_id
        ),
        f.source, f.source_ref, f.known_seq,
        f.retracted_seq is not null
    from own as c
    inner join identity.link as l
        on l.person_id = c.person_id and l.status = 'active' and l.retired_seq is null
    inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
    where %(evidence)s
        and (
            f.fact_id = c.trigger_fact_id
            or (f.kind in ('attempt', 'booking', 'booking_cancelled', 'no_show', 'opt_out') and f.occurred_at >= c.trigger_on)
            or (f.kind = 'decision' and f.identifiers ->> 'trigger' = c.trigger_ref)
            or (f.kind = 'decision' and f.identifiers ->> 'exception' in (select o.exception_id::text from stuck as o))
            or (f.kind in ('death', 'hospice', 'left_practice'))
            or (f.identifiers ->> 'encounter' = c.encounter_ref and f.kind in ('visit', 'note', 'charge'))
            or (
                f.kind = 'charge' and exists (
                    select from cases.told_charge as t
                    where t.person_id = c.person_id and t.source = f.source
                        and t.source_id = f.identifiers ->> 'charge' and t.is_counted
                        and t.encounter_source = evidence.source_of_visit(c.encounter_ref)
                        and t.encounter_id = evidence.id_of_visit(c.encounter_ref)
                )
            )
            or (
                f.identifiers ->> 'patient_control_number' = c.patient_control_number
                and f.kind in ('claim', 'claim_forwarded', 'claim_accepted', 'claim_rejected', 'remittance', 'patient_payment', 'write_off')
            )
        )
)

select
    o.at,
    o.part,
    o.kind,
    o.stage,
    o.from_state,
    o.to_state,
    o.note,
    o.source,
    o.ref,
    o.seq,
    o.is_taken_back
from line as o
order by o.at, array_position(array['fact', 'event', 'exception', 'decision', 'task', 'transmission'], o.part), o.kind = 'proven_anew', o.kind, o.ref
limit 500;
