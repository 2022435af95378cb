-- reads: cases.case_record, cases.event, evidence.fact, identity.link, operations.night, scope_transmission,
--     tasks.task, tasks.transmission, tasks.transmission_task

-- sent_while_in_doubt: Something about a person was sent while their identity was in doubt: one of
-- their records may belong to somebody else, or somebody else's record to them.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    t.kind as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
where
    t.outcome in ('accepted', 'uncertain')
    and exists (
        select from identity.link as l
        inner join identity.link as d on d.source = l.source and d.source_id = l.source_id
        where
            l.person_id = t.person_id
            and l.known_seq <= t.planned_seq
            and (l.retired_seq is null or l.retired_seq > t.planned_seq)
            and d.status = 'doubt'
            and d.known_seq <= t.planned_seq
            and (d.retired_seq is null or d.retired_seq > t.planned_seq)
    );

-- sent_against_the_rules: A contact or booking was requested for a patient known to have died, to be in
-- hospice or in hospital, to have opted out or to have left the practice.
select
    'transmission' as about_kind,
    t.transmission_id::text as about_id,
    f.kind as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
inner join operations.night as n on n.seq = t.planned_seq
inner join identity.link as l
    on
        l.person_id = t.person_id
        and l.status = 'active'
        and l.known_seq <= t.planned_seq
        and (l.retired_seq is null or l.retired_seq > t.planned_seq)
inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
where
    t.kind in ('outreach', 'booking')
    and t.outcome in ('accepted', 'uncertain')
    and f.known_seq <= t.planned_seq
    and (f.retracted_seq is null or f.retracted_seq > t.planned_seq)
    and f.occurred_at <= n.cut_off
    and (f.ends_at is null or f.ends_at > n.cut_off)
    and f.kind in ('death', 'hospice', 'opt_out', 'left_practice', 'admission')
    and not (f.kind = 'admission' and coalesce(f.detail ->> 'status', '') = 'finished');

-- asked_after_declining: A contact was requested about a yearly visit that the patient had declined. A payer's answer
-- can move its due date, but it stays the same visit.
select
    'transmission' as about_kind,
    x.transmission_id::text as about_id,
    'declined in case ' || d.case_id as detail
from scope_transmission as x
inner join tasks.transmission as t on t.transmission_id = x.transmission_id
inner join tasks.transmission_task as y on y.transmission_id = t.transmission_id
inner join tasks.task as k on k.task_id = y.task_id
inner join cases.case_record as c on c.case_id = k.case_id
inner join cases.case_record as d
    on d.person_id = c.person_id and d.workflow = c.workflow and d.case_id <> c.case_id
where
    t.kind = 'outreach'
    and t.outcome in ('accepted', 'uncertain')
    and c.trigger_ref like 'wellness:%%'
    and abs(c.trigger_on - d.trigger_on) < 180
    -- A plan that pays by calendar year covers another visit from 1 January.
    and not (c.trigger_on = date_trunc('year', c.trigger_on)::date and c.trigger_on > d.trigger_on)
    and (
        select e.detail ->> 'reason' = 'declined'
        from cases.event as e
        where
            e.case_id = d.case_id
            and e.known_seq < t.planned_seq
            and e.kind in ('completed', 'closed', 'excluded', 'reopened')
        order by e.known_seq desc, e.event_id
        limit 1
    );
