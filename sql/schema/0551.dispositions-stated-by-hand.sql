-- depends: 0550.work-that-stays-inside

-- A claim of a case that began because somebody stated where the patient went rests on that: somebody else attests it.
create or replace view tasks.prepared_by as
with claimed as (
    select
        k.batch_id,
        k.person_id,
        t.case_id,
        n.started_at as since
    from tasks.claim as k
    inner join tasks.task as t on t.task_id = k.task_id
    inner join cases.case_record as c on c.case_id = t.case_id
    inner join operations.night as n on n.seq = c.opened_seq
    where k.batch_id is not null
)

select
    k.batch_id,
    d.decided_by,
    d.kind,
    'exception' as about_kind
from claimed as k
inner join operations.exception as e
    on e.case_id = k.case_id or (e.person_id = k.person_id and e.reason = 'identity_doubt')
inner join operations.decision as d
    on d.about_kind = 'exception' and d.about_id = e.exception_id::text and d.decided_at >= k.since
where d.kind not in ('assign', 'acknowledge')
union
select
    k.batch_id,
    d.decided_by,
    d.kind,
    'quarantine' as about_kind
from claimed as k
inner join identity.link as l on l.person_id = k.person_id and l.status = 'active' and l.retired_seq is null
inner join quality.quarantine as q
    on q.subject_source = l.source and q.subject_id = l.source_id and q.status = 'released'
inner join operations.decision as d on d.decision_id = q.decision_id and d.decided_at >= k.since
union
select
    k.batch_id,
    d.decided_by,
    d.kind,
    'case' as about_kind
from claimed as k
inner join cases.case_record as c on c.person_id = k.person_id
inner join operations.decision as d
    on d.about_kind = 'case' and d.about_id = c.case_id::text and d.kind = 'record_call' and d.decided_at >= k.since
union
-- where the patient went, stated before the case began: it began with that
select
    k.batch_id,
    d.decided_by,
    d.kind,
    'exception' as about_kind
from claimed as k
inner join cases.case_record as c on c.case_id = k.case_id
inner join evidence.fact as f
    on f.source = 'by_hand' and f.kind = 'decision' and f.retracted_seq is null and f.identifiers ->> 'trigger' = c.trigger_ref
inner join operations.decision as d on d.decision_id::text = f.identifiers ->> 'decision';

comment on view tasks.prepared_by is 'Who changed what the claims of a batch say, by a decision: on an exception of a claim''s case, on whose records the patient''s are, on where the patient went at discharge, on a row of the patient that was set aside, or by recording a call of the patient by hand. Where the practice wants four eyes (permissions.yaml), they do not attest it.';
comment on column tasks.prepared_by.kind is 'What they decided: retry, continue, confirm, state_disposition, release, record_call.';
