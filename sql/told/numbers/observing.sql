-- reads: cases.case_record, cases.passed_unasked, operations.night, operations.observing, tasks.observed

-- The practice, or the workflows and targets, that are only observed as of this night, with what would have gone out since.
with standing as (
    select o.scope, o.name, o.from_seq, o.after_at
    from operations.observing as o
    where o.from_seq <= %(seq)s and (o.to_seq is null or o.to_seq > %(seq)s)
        and (o.scope = 'practice' or not operations.observes(%(seq)s, null, null))
),

-- each thing once, however often it was asked for
thing as (
    select s.scope, s.name, x.case_id, x.stage, x.kind, x.person_id, min(x.from_seq) as from_seq
    from standing as s
    inner join tasks.observed as x
        on not x.is_held
        and x.from_seq <= %(seq)s
        and (x.to_seq is null or x.to_seq > s.from_seq)
        and (s.scope = 'practice' or (s.scope = 'workflow' and x.workflow = s.name) or (s.scope = 'target' and x.target = s.name))
    group by s.scope, s.name, x.case_id, x.stage, x.kind, x.person_id
),

counted as (
    select
        t.scope,
        t.name,
        -- one person, one call: a second case joins the first as long as that stands
        count(*) filter (where t.kind = 'outreach' and not exists (
            select from tasks.observed as o
            where o.person_id = t.person_id and o.kind = 'outreach' and not o.is_held
                and (o.case_id, o.stage) <> (t.case_id, t.stage)
                and (o.from_seq, o.case_id, o.stage) < (t.from_seq, t.case_id, t.stage)
                and (o.to_seq is null or o.to_seq > t.from_seq)
        )) as calls,
        count(*) filter (where t.kind = 'scheduling') as bookings,
        count(*) filter (where t.kind = 'eligibility') as inquiries,
        count(*) filter (where t.kind = 'documentation') as notes,
        count(*) filter (where t.kind = 'billing') as claims
    from thing as t
    group by t.scope, t.name
)

select
    s.scope,
    s.name,
    n.business_date as since,
    coalesce(c.calls, 0) as calls,
    coalesce(c.bookings, 0) as bookings,
    coalesce(c.inquiries, 0) as inquiries,
    coalesce(c.notes, 0) as notes,
    coalesce(c.claims, 0) as claims,
    (
        select count(*)
        from cases.passed_unasked as u
        inner join cases.case_record as r
            on r.case_id = u.case_id and r.stage = u.stage and r.status = 'open' and r.stage_state = 'missed'
        where s.scope = 'practice'
            or (s.scope = 'workflow' and r.workflow = s.name)
            or (s.scope = 'target' and exists (
                select from tasks.observed as x
                where x.case_id = u.case_id and x.stage = u.stage and x.target = s.name
            ))
    ) as passed
from standing as s
inner join operations.night as n on n.seq = s.from_seq
left join counted as c on c.scope = s.scope and c.name = s.name
order by s.scope, s.name;
