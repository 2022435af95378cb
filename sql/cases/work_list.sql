-- reads: cases.allowed_share, cases.case_record, cases.event, cases.not_opened, cases.setting,
--     cases.setting_known, cases.stage_feed, cases.watch, cases.workflow_version, evidence.fact,
--     evidence.person_searched, evidence.practitioner, evidence.row_set_aside, evidence.unmapped,
--     identity.link, identity.person, operations.decision, operations.exception, operations.feed,
--     operations.freshness(), operations.night, operations.work_item, tasks.task, tasks.transmission,
--     tasks.transmission_task
-- changes: operations.work_item

-- The persons whose state may have changed since the last finished night (%(since)s), and why; nobody else needs
-- deriving. This includes what was left undone since then. Persons already on the list stay on it: the deadline that
-- put them there may have moved before the night was interrupted.
insert into operations.work_item (seq, person_id, reason)
select distinct %(seq)s::bigint, l.person_id, 'evidence'
from evidence.fact as f
inner join identity.link as l on l.source = f.subject_source and l.source_id = f.subject_id
where f.known_seq > %(since)s and f.known_seq <= %(seq)s
union
select distinct %(seq)s::bigint, l.person_id, 'evidence'
from evidence.fact as f
inner join identity.link as l on l.source = f.subject_source and l.source_id = f.subject_id
where f.retracted_seq > %(since)s and f.retracted_seq <= %(seq)s
union
-- a record of theirs has a code that nobody has mapped, or somebody has mapped it
select %(seq)s, l.person_id, 'evidence'
from evidence.unmapped as u
inner join identity.link as l on l.source = u.subject_source and l.source_id = u.subject_id
where (u.known_seq > %(since)s and u.known_seq <= %(seq)s)
    or (u.retracted_seq > %(since)s and u.retracted_seq <= %(seq)s)
union
-- persons seen by a practitioner about whom something has become known tonight
select %(seq)s, l.person_id, 'practitioner'
from evidence.practitioner as d
inner join evidence.fact as f
    on f.kind in ('visit', 'charge', 'booking', 'arrived') and f.detail ->> 'practitioner_id' in (d.source_id, d.npi)
inner join identity.link as l on l.source = f.subject_source and l.source_id = f.subject_id
where (d.known_seq > %(since)s and d.known_seq <= %(seq)s)
    or (d.retracted_seq > %(since)s and d.retracted_seq <= %(seq)s)
union
-- persons with a claim by a practitioner who has joined or left this practice
select %(seq)s, l.person_id, 'practitioner'
from evidence.practitioner as d
inner join evidence.fact as f on f.kind = 'claim' and f.detail ->> 'rendering_npi' = d.npi
inner join identity.link as l on l.source = f.subject_source and l.source_id = f.subject_id
where (d.known_seq > %(since)s and d.known_seq <= %(seq)s)
    or (d.retracted_seq > %(since)s and d.retracted_seq <= %(seq)s)
union
select %(seq)s, l.person_id, 'identity'
from identity.link as l
where (l.known_seq > %(since)s and l.known_seq <= %(seq)s)
    or (l.retired_seq > %(since)s and l.retired_seq <= %(seq)s)
union
select %(seq)s, c.person_id, 'decision'
from operations.decision as d
left join operations.exception as e
    on d.about_kind = 'exception' and e.exception_id::text = d.about_id
inner join cases.case_record as c
    on c.case_id = e.case_id or (d.about_kind = 'case' and c.case_id::text = d.about_id)
where d.known_seq > %(since)s and d.known_seq <= %(seq)s
union
-- a named person closes the open cases of a workflow that is switched off
select %(seq)s, c.person_id, 'decision'
from operations.decision as d
inner join operations.exception as e
    on e.exception_id::text = d.about_id and e.reason = 'workflow_switched_off'
inner join cases.case_record as c
    on c.workflow = e.about_id and (c.closed_seq is null or c.closed_seq >= d.known_seq)
where d.about_kind = 'exception' and d.kind = 'close_cases' and d.known_seq > %(since)s and d.known_seq <= %(seq)s
union
select %(seq)s, k.person_id, 'outcome'
from tasks.transmission as x
inner join tasks.transmission_task as l on l.transmission_id = x.transmission_id
inner join tasks.task as k on k.task_id = l.task_id
where x.outcome_seq >= %(since)s
    and x.outcome in ('rejected', 'withheld')
union
-- persons on the list of a night that never finished
select %(seq)s, w.person_id, w.reason
from operations.work_item as w
inner join operations.night as n on n.seq = w.seq and n.status in ('running', 'failed')
where w.seq > %(since)s and w.seq < %(seq)s
union
select %(seq)s, t.person_id, 'task'
from tasks.task as t
where t.planned_seq >= %(since)s and t.planned_seq < %(seq)s
union
-- what was planned before observing began ends unsent: its case asks anew
select %(seq)s, t.person_id, 'task'
from tasks.task as t
where t.closed_seq >= %(since)s and t.closed_seq < %(seq)s and t.status_reason = 'observed'
union
-- a case that ended or reopened last night may release a visit, or take one
select %(seq)s, c.person_id, 'case'
from operations.night as n
inner join cases.event as e on e.known_seq = n.seq
inner join cases.case_record as c on c.case_id = e.case_id
where n.seq < %(seq)s
    and n.cut_off >= coalesce((select s.cut_off from operations.night as s where s.seq = %(since)s), '-infinity')
    and e.kind in ('closed', 'excluded', 'reopened')
union
select %(seq)s, c.person_id, 'clock'
from cases.case_record as c
where c.status = 'open' and c.recheck_at <= %(as_of)s
union
select %(seq)s, w.person_id, 'due'
from cases.watch as w
where w.check_on <= %(business_date)s
union
select %(seq)s, c.person_id, 'feed'
from cases.case_record as c
where c.status = 'open' and c.waits_on_feeds <> '{}'
union
-- a row that names them was set aside, or has been decided about, corrected or loaded
select %(seq)s, l.person_id, 'feed'
from evidence.row_set_aside as q
inner join identity.link as l
    on l.source = q.subject_source and l.source_id = q.subject_id and l.status = 'active' and l.retired_seq is null
where (q.known_seq > %(since)s and q.known_seq <= %(seq)s)
    or (q.closed_seq > %(since)s and q.closed_seq <= %(seq)s)
union
select %(seq)s, l.person_id, 'feed'
from evidence.row_set_aside as q
inner join identity.link as l
    on l.source = q.subject_source and l.source_id = q.subject_id and l.status = 'active' and l.retired_seq is null
where q.loaded_seq > %(since)s and q.loaded_seq <= %(seq)s and q.known_seq < q.loaded_seq
union
-- a search person by person has reached them, or has not
select %(seq)s, l.person_id, 'feed'
from evidence.person_searched as p
inner join identity.link as l
    on l.source = p.source and l.source_id = p.source_id and l.status = 'active' and l.retired_seq is null
where (p.known_seq > %(since)s and p.known_seq <= %(seq)s)
    or (p.closed_seq > %(since)s and p.closed_seq <= %(seq)s)
union
select %(seq)s, c.person_id, 'feed'
from (
    select f.source, f.feed
    from operations.feed as f
    left join operations.freshness(%(seq)s) as x on x.source = f.source and x.feed = f.feed
    where coalesce(x.last_business_date < %(business_date)s::date - f.allowed_lag_days, true)
) as stale
inner join cases.stage_feed as s on s.source = stale.source and s.feed = stale.feed
inner join cases.case_record as c
    on c.workflow = s.workflow and c.version = s.version and c.stage = s.stage and c.status = 'open'
where s.is_named or s.may_be_first
    or exists (
        select from identity.link as l
        where l.person_id = c.person_id and l.source = s.source and l.status = 'active' and l.retired_seq is null
    )
    -- persons unknown to every system that sends such a feed
    or not exists (
        select from identity.link as l
        inner join operations.feed as o on o.source = l.source and o.feed = s.feed
        where l.person_id = c.person_id and l.status = 'active' and l.retired_seq is null
    )
union
select %(seq)s, p.person_id, 'definition'
from identity.person as p
where exists (
    select from cases.workflow_version as v
    where (v.activated_seq > %(since)s and v.activated_seq <= %(seq)s)
        or (v.retired_seq > %(since)s and v.retired_seq <= %(seq)s)
)
union
-- a setting or an allowed share changed: all cases, open or not
select distinct %(seq)s, c.person_id, 'definition'
from cases.case_record as c
where exists (
    select from cases.setting_known as s where s.known_seq > %(since)s and s.known_seq <= %(seq)s
) or exists (
    select from cases.allowed_share as s where s.known_seq > %(since)s and s.known_seq <= %(seq)s
)
union
-- and whatever opened no case because the practice's rule did not make it theirs
select distinct %(seq)s, k.person_id, 'definition'
from cases.not_opened as k
where k.reason = 'attribution_not_stated' and exists (
        select from cases.setting_known as s
        where s.known_seq > %(since)s and s.known_seq <= %(seq)s and s.name like 'attribution%%'
    )
union
-- the derivation rules changed: all open cases, and those that may still be billed
select distinct %(seq)s, c.person_id, 'derivation'
from cases.case_record as c
left join operations.night as e on e.seq = c.closed_seq
where exists (
    select from operations.night as n
    inner join operations.night as b on b.seq = %(since)s and b.derivation <> n.derivation
    where n.seq = %(seq)s
)
    and (
        c.status = 'open'
        or e.business_date >= %(business_date)s::date - coalesce((
            select max(s.value::int) from cases.setting as s where s.name = 'payer_filing_days'
        ), 365)
    )
union
-- and claims that may be filed yet: what became of them may open a case where none is
select %(seq)s, l.person_id, 'derivation'
from evidence.fact as f
inner join identity.link as l on l.source = f.subject_source and l.source_id = f.subject_id
where f.kind = 'claim' and f.retracted_seq is null
    and exists (
        select from operations.night as n
        inner join operations.night as b on b.seq = %(since)s and b.derivation <> n.derivation
        where n.seq = %(seq)s
    )
    and f.occurred_at >= %(business_date)s::date - coalesce((
        select max(s.value::int) from cases.setting as s where s.name = 'payer_filing_days'
    ), 365)
on conflict (seq, person_id, reason) do nothing;
