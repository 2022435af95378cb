-- What is known, as of this night, about the persons on the work list (w_person).

create temp table w_feed on commit drop as
select
    f.source || '.' || f.feed as feed,
    x.last_business_date,
    coalesce(x.last_business_date < %(business_date)s::date - f.allowed_lag_days, true) as is_stale
from operations.feed as f
left join operations.freshness(%(seq)s) as x on x.source = f.source and x.feed = f.feed;

create temp table w_fact on commit drop as
select
    l.person_id,
    f.fact_id,
    f.kind,
    f.code,
    f.amount,
    f.occurred_at,
    f.starts_at,
    f.ends_at,
    f.known_seq,
    f.source,
    f.source_ref,
    f.identifiers,
    f.detail,
    cases.local_day(coalesce(f.starts_at, f.occurred_at)) as on_day,
    f.identifiers ->> 'encounter' as encounter,
    f.identifiers ->> 'patient_control_number' as pcn
from w_person as w
inner join identity.link as l
    on l.person_id = w.person_id
    and l.status = 'active'
    and l.known_seq <= %(seq)s
    and (l.retired_seq is null or l.retired_seq > %(seq)s)
inner join evidence.fact as f
    on f.subject_source = l.source
    and f.subject_id = l.source_id
    and f.known_seq <= %(seq)s
    and (f.retracted_seq is null or f.retracted_seq > %(seq)s);

create index on w_fact (person_id, kind);

create index on w_fact (encounter, kind) where encounter is not null;

create index on w_fact (pcn, kind) where pcn is not null;

analyze w_fact;

-- Claims carry the day of service as a date; it must not slip over midnight by a time zone.
update w_fact
set on_day = (starts_at at time zone 'UTC')::date
where kind in ('claim', 'remittance', 'coverage') and starts_at is not null;

create temp table w_profile on commit drop as
select
    w.person_id,
    min(f.occurred_at) filter (where f.kind = 'death') as died_at,
    min(f.occurred_at) filter (
        where f.kind = 'hospice' or (f.kind = 'eligibility' and (f.detail ->> 'is_hospice')::boolean)
    ) as hospice_at,
    bool_or(f.kind = 'left_practice') as has_left,
    bool_or(f.kind = 'attribution') as is_attributed,
    bool_or(f.kind = 'opt_out') as opted_out,
    coalesce(bool_and((f.detail ->> 'has_phone')::boolean) filter (where f.kind = 'preference'), true)
    as has_phone,
    max(f.starts_at) filter (
        where f.kind = 'admission' and f.ends_at is null and f.detail ->> 'status' <> 'finished'
    ) as admitted_at,
    exists (
        select from identity.link as d
        where d.person_id = w.person_id and d.status = 'doubt' and d.known_seq <= %(seq)s
            and (d.retired_seq is null or d.retired_seq > %(seq)s)
    ) or exists (
        select from identity.link as own
        inner join identity.link as d
            on d.source = own.source and d.source_id = own.source_id and d.status = 'doubt'
        where own.person_id = w.person_id and own.status = 'active'
            and own.known_seq <= %(seq)s and (own.retired_seq is null or own.retired_seq > %(seq)s)
            and d.known_seq <= %(seq)s and (d.retired_seq is null or d.retired_seq > %(seq)s)
    ) as in_doubt
from w_person as w
left join w_fact as f on f.person_id = w.person_id
group by w.person_id;

create unique index on w_profile (person_id);

analyze w_profile;

-- Decisions that named persons took about cases and their exceptions, up to this night.
create temp table w_decision on commit drop as
select
    d.decision_id,
    d.known_seq,
    d.decided_at,
    d.decided_by,
    coalesce(d.detail ->> 'action', d.kind) as action,
    coalesce(e.case_id, case when d.about_kind = 'case' then d.about_id::uuid end) as case_id,
    coalesce(e.detail ->> 'stage', d.detail ->> 'stage') as stage,
    coalesce(e.reason, d.detail ->> 'reason') as reason,
    (d.detail ->> 'amount')::numeric as amount
from operations.decision as d
left join operations.exception as e
    on d.about_kind = 'exception' and e.exception_id = d.about_id::uuid
where d.known_seq <= %(seq)s
    and d.about_kind in ('case', 'exception');

create index on w_decision (case_id);
