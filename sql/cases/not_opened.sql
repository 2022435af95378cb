-- reads: cases.case_record, evidence.code_not_known, evidence.unmapped, identity.link, operations.night,
--     operations.source, w_fact, w_held, w_never_filed, w_person, w_profile, w_trigger, w_unanswered,
--     w_visit_claim, w_wellness, w_workflow
-- makes: w_candidate, w_filed, w_not_opened
-- changes: cases.not_opened

-- What could have opened a case and did not, and why: one row for each reason. Nothing that a source tells is dropped
-- without a word.

-- Discharges. One whose case exists is none of them, nor one of which a case is about to be opened.
create temp table w_candidate on commit drop as
select distinct on (w.workflow, f.person_id, f.source_ref)
    w.workflow,
    w.version,
    w.rule,
    f.person_id,
    f.source_ref,
    f.source,
    f.kind,
    f.code,
    f.detail,
    f.encounter,
    f.occurred_at,
    cases.local_day(f.occurred_at, f.zone) as on_day,
    -- of what was over when it came, nothing else is worth a word
    cases.local_day(f.occurred_at, f.zone)
    < n.business_date - (w.rule -> 'trigger' ->> 'known_within_days')::int as is_past
from w_workflow as w
inner join w_fact as f on f.kind = w.rule -> 'trigger' ->> 'fact'
inner join operations.night as n on n.seq = f.known_seq
where w.is_active
    and not exists (
        select from w_trigger as t
        where t.person_id = f.person_id and t.workflow = w.workflow and t.trigger_ref = f.source_ref
    )
    and not exists (
        select from cases.case_record as c
        where c.person_id = f.person_id and c.workflow = w.workflow and c.trigger_ref = f.source_ref
            -- it began with a disposition that was taken back: where the patient went is not known again
            and f.detail ->> 'not_stated' is distinct from 'disposition'
    )
order by w.workflow, f.person_id, f.source_ref, f.known_seq;

-- The visits with a claim that a payer may have. As a part of the statement below, it was looked for anew for each visit:
-- with 20,000 patients that took minutes.
create temp table w_filed on commit drop as
select distinct b.person_id, b.encounter
from w_visit_claim as b
inner join w_fact as c
    on c.person_id = b.person_id and c.kind = 'claim' and c.pcn = b.pcn
    and coalesce(c.detail ->> 'frequency', '1') <> '8'
where b.encounter is not null
    and not exists (
        select from w_never_filed as r where r.person_id = b.person_id and r.pcn = b.pcn
    );

create unique index on w_filed (person_id, encounter);

analyze w_filed;

-- Visits of the last weeks without a claim that a payer may have, whose time to be billed has come. What belongs to another
-- case, or was documented as not billable, is no loss.
insert into w_candidate
select
    w.workflow, w.version, w.rule, v.person_id, v.source_ref, v.source, v.kind, v.code, v.detail, v.encounter,
    v.occurred_at, v.on_day, false
from w_workflow as w
inner join w_fact as v on v.kind = 'visit'
where w.is_active
    and w.rule -> 'trigger' ->> 'unbilled' = 'visit'
    and cases.add_business_days(
        v.on_day, (w.rule -> 'trigger' ->> 'lag_business_days')::int
    ) <= %(business_date)s::date
    and v.on_day >= %(business_date)s::date - (w.rule -> 'trigger' ->> 'known_within_days')::int
    and not exists (
        select from cases.case_record as c
        where c.person_id = v.person_id and c.workflow = w.workflow and c.trigger_ref = v.source_ref
    )
    and not exists (
        select from w_filed as b where b.person_id = v.person_id and b.encounter = v.encounter
    )
    and not exists (
        select from w_held as h where h.person_id = v.person_id and h.encounter = v.encounter
    )
    and not exists (
        select from w_fact as g
        where g.encounter = v.encounter and g.kind = 'charge' and g.person_id = v.person_id
            and (
                g.detail ? 'no_charge_reason'
                or (g.detail ->> 'global_period')::boolean
                or (g.detail ->> 'self_pay_restricted')::boolean
            )
    );

analyze w_candidate;

create temp table w_not_opened on commit drop as
with covered as (
    select
        d.workflow,
        d.version,
        d.person_id,
        d.source_ref,
        d.source,
        d.on_day,
        count(c.fact_id) as coverages,
        coalesce(bool_or(d.rule -> 'population' -> 'payer_classes' ? c.code), false) as is_meant,
        coalesce(bool_or(c.detail ->> 'not_stated' = 'payer_class'), false) as is_not_stated
    from w_candidate as d
    left join w_fact as c
        on c.person_id = d.person_id and c.kind = 'coverage'
        and coalesce(c.starts_at, '-infinity') <= d.occurred_at
        and coalesce(c.ends_at, 'infinity') > d.occurred_at
    where not d.is_past
    group by d.workflow, d.version, d.person_id, d.source_ref, d.source, d.on_day
)

-- Who pays for it: of discharges and visits alike.
select
    k.workflow, k.version, k.person_id, k.source_ref as trigger_ref, k.source, k.on_day as happened_on,
    case
        when exists (
            select from evidence.code_not_known as u
            where u.person_id = k.person_id and u.feed = 'coverage'
                and coalesce(u.from_on, '-infinity') <= k.on_day and coalesce(u.until_on, 'infinity') >= k.on_day
        ) then 'payer_class_not_mapped'
        when k.coverages = 0 then 'coverage_not_stated'
        when k.is_not_stated then 'payer_class_not_stated'
        else 'payer_class_not_meant'
    end as reason
from covered as k
where not k.is_meant
union
select d.workflow, d.version, d.person_id, d.source_ref, d.source, d.on_day, y.reason
from w_candidate as d
inner join w_profile as p on p.person_id = d.person_id
cross join lateral (
    select unnest(array[
        case
            when d.is_past then 'learned_too_late'
            when d.detail ->> 'not_stated' = 'disposition' then 'disposition_not_stated'
            when not d.rule -> 'trigger' -> 'codes' ? d.code then 'went_elsewhere'
        end,
        case
            when not d.is_past and not d.rule -> 'trigger' -> 'facility_classes' ? (d.detail ->> 'facility_class')
                then 'facility_not_meant'
        end,
        case
            when not d.is_past and (d.rule -> 'population' ->> 'attributed')::boolean and not p.is_attributed
                then 'attribution_not_stated'
        end
    ]) as reason
) as y
where d.kind = d.rule -> 'trigger' ->> 'fact' and y.reason is not null
union
select d.workflow, d.version, d.person_id, d.source_ref, d.source, d.on_day, y.reason
from w_candidate as d
cross join lateral (
    select unnest(array[
        case
            when (d.detail ->> 'is_billable_practitioner')::boolean then null
            when d.detail ->> 'practitioner_id' is null and d.detail ->> 'practitioner_npi' is null
                then 'practitioner_not_stated'
            when d.detail ->> 'is_billable_practitioner' is null then 'practitioner_not_known'
            else 'practitioner_not_billable'
        end,
        case
            when not exists (
                select from w_fact as n
                where n.encounter = d.encounter and n.kind = 'note' and n.person_id = d.person_id
                    and d.rule -> 'trigger' -> 'note_types' ? n.code
            ) then 'note_not_signed'
        end
    ]) as reason
) as y
where d.rule -> 'trigger' ? 'unbilled' and y.reason is not null
union
-- The claim of a visit was rejected: it opens a case when the practice's lag is over, unless something else keeps it.
select d.workflow, d.version, d.person_id, d.source_ref, d.source, r.rejected_on, 'claim_rejected'
from w_candidate as d
inner join w_visit_claim as k on k.person_id = d.person_id and k.encounter = d.encounter
inner join w_never_filed as r on r.person_id = k.person_id and r.pcn = k.pcn
where d.rule -> 'trigger' ? 'unbilled'
    and not exists (
        select from w_trigger as t
        where t.person_id = d.person_id and t.workflow = d.workflow and t.trigger_ref = d.source_ref
    )
union
-- The claim of a visit was sent, and no payer says a word. It counts as billed, and is not.
select w.workflow, w.version, v.person_id, v.source_ref, v.source, k.sent_on, 'claim_not_answered'
from w_workflow as w
inner join w_fact as v on v.kind = 'visit'
inner join w_unanswered as k on k.person_id = v.person_id and k.encounter = v.encounter
where w.is_active
    and w.rule -> 'trigger' ->> 'unbilled' = 'visit'
    and v.on_day >= %(business_date)s::date - (w.rule -> 'trigger' ->> 'known_within_days')::int
    and k.is_over and not k.is_feed_late
    and not exists (
        select from cases.case_record as c
        where c.person_id = v.person_id and c.workflow = w.workflow and c.trigger_ref = v.source_ref
    )
union
-- A disposition that nobody has mapped: nothing is stated of its discharge until somebody does.
select
    w.workflow, w.version, l.person_id, coalesce(o.id_prefix, '') || u.source_ref, u.source, u.until_on,
    'disposition_not_mapped'
from w_person as p
inner join identity.link as l
    on l.person_id = p.person_id and l.status = 'active' and l.known_seq <= %(seq)s
    and (l.retired_seq is null or l.retired_seq > %(seq)s)
inner join evidence.unmapped as u
    on u.subject_source = l.source and u.subject_id = l.source_id
    and u.field = 'encounter.discharge_disposition_code' and u.until_on is not null
    and u.known_seq <= %(seq)s and (u.retracted_seq is null or u.retracted_seq > %(seq)s)
inner join w_workflow as w on w.is_active and w.rule -> 'trigger' ->> 'fact' = 'discharge'
left join operations.source as o on o.source = u.source
where not exists (
        select from cases.case_record as c
        where c.person_id = l.person_id and c.workflow = w.workflow
            and c.trigger_ref = coalesce(o.id_prefix, '') || u.source_ref
    )
union
-- Visits that are due by the calendar, of patients of whom nobody says that they are the practice's.
select
    w.workflow, w.version, d.person_id, 'wellness:' || to_char(d.due_on, 'YYYY-MM'), null, d.due_on,
    'attribution_not_stated'
from w_workflow as w
inner join w_wellness as d on d.workflow = w.workflow and d.version = w.version
inner join w_profile as p on p.person_id = d.person_id
where w.is_active
    and w.rule -> 'trigger' ->> 'due' = 'wellness'
    and d.due_on <= %(business_date)s::date
    and (w.rule -> 'population' ->> 'attributed')::boolean and not p.is_attributed
    and not p.has_left
    and p.died_at is null;

delete from cases.not_opened as k using w_person as w where k.person_id = w.person_id;

insert into cases.not_opened (person_id, workflow, trigger_ref, reason, version, source, happened_on, derived_seq)
select person_id, workflow, trigger_ref, reason, max(version), max(source), max(happened_on), %(seq)s
from w_not_opened
group by person_id, workflow, trigger_ref, reason;
