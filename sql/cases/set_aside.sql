-- reads: cases.case_record, cases.stage, cases.stage_rests, evidence.delivery_not_known, evidence.fact
-- makes: w_set_aside
-- changes: operations.exception

-- The deliveries of which rows were set aside, and the earliest deadline among the stages that rest on each.
create temp table w_set_aside on commit drop as
with waiting as (
    select distinct n.exception_id, n.source, n.feed, n.person_id, n.payer_id, n.from_on, n.until_on
    from evidence.delivery_not_known as n
),

-- named persons are looked up one by one; for the others, all open stages that rest on the feed
reached as (
    select w.*, c.case_id
    from waiting as w
    inner join cases.case_record as c on c.person_id = w.person_id and c.status = 'open'
    union all
    select w.*, c.case_id
    from waiting as w
    inner join cases.case_record as c on c.status = 'open'
    where w.person_id is null
),

touched as (
    select w.exception_id, s.case_id, s.due_at
    from reached as w
    inner join cases.case_record as c on c.case_id = w.case_id
    inner join cases.stage_rests as f
        on f.source = w.source and f.feed = w.feed
        and f.workflow = c.workflow and f.version = c.version and f.stage = c.stage
    inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
    where c.trigger_on <= w.until_on
        and (
            w.person_id is not null
            or cases.local_day(s.due_at - interval '1 second') >= coalesce(w.from_on, '-infinity')
        )
        and (w.payer_id is null or exists (
            select from evidence.fact as k
            where k.identifiers ->> 'patient_control_number' = c.patient_control_number
                and k.kind = 'claim' and k.detail ->> 'payer_id' = w.payer_id
        ))
    union
    -- and whatever says itself that it waits on it
    select w.exception_id, c.case_id, s.due_at
    from (select distinct exception_id from waiting) as w
    inner join cases.case_record as c
        on c.status = 'open' and c.wanted = 'wait' and c.wanted_detail ->> 'waits_on' = w.exception_id::text
    left join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
)

select w.exception_id, min(t.due_at) as due_at, count(distinct t.case_id) as cases
from waiting as w
left join touched as t on t.exception_id = w.exception_id
group by w.exception_id;

-- The exception about a file that could not be read is opened where the file is received; its date follows from what
-- rests on it then. What began later rests on it, too.
update operations.exception as e
set due_at = case
        when e.opened_seq = %(seq)s
            then greatest(coalesce(w.due_at, e.due_at), cases.day_end(%(business_date)s::date + 1))
        else e.due_at
    end,
    detail = e.detail || jsonb_build_object('cases', w.cases)
from w_set_aside as w
where e.exception_id = w.exception_id and e.reason = 'file_refused' and e.status = 'open'
    and (e.opened_seq = %(seq)s or e.detail ->> 'cases' is distinct from w.cases::text);
