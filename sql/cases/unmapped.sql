-- reads: cases.case_record, cases.stage, cases.stage_rests, evidence.code_exception, evidence.code_not_known,
--     evidence.fact, evidence.personal_code, evidence.unmapped, identity.link, operations.night,
--     operations.source, w_rule, w_workflow
-- makes: w_kept, w_unmapped

-- The codes of a source that nobody has mapped, each alone or, of a field of which very many are not, together.

-- Discharges that would open a case if it were known who pays, or where the patient went.
create temp table w_kept on commit drop as
with hit as (
    select n.exception_id, f.source_ref, n.person_id, w.workflow, w.version, cases.local_day(f.occurred_at) as on_day
    from evidence.code_not_known as n
    inner join identity.link as l
        on l.person_id = n.person_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id and f.known_seq <= %(seq)s
        and (f.retracted_seq is null or f.retracted_seq > %(seq)s)
    inner join operations.night as k on k.seq = f.known_seq
    inner join w_workflow as w
        on w.is_active and f.kind = w.rule -> 'trigger' ->> 'fact'
        and w.rule -> 'trigger' -> 'codes' ? f.code
        and w.rule -> 'trigger' -> 'facility_classes' ? (f.detail ->> 'facility_class')
        and cases.local_day(f.occurred_at)
        >= k.business_date - (w.rule -> 'trigger' ->> 'known_within_days')::int
    left join operations.source as o on o.source = f.source
    where n.feed = 'coverage'
        and coalesce(n.from_on, '-infinity') <= cases.local_day(f.occurred_at)
        and coalesce(n.until_on, 'infinity') >= cases.local_day(f.occurred_at)
        and not exists (
            select from cases.case_record as c
            where c.person_id = n.person_id and c.workflow = w.workflow
                and c.trigger_ref = coalesce(o.id_prefix, '') || f.source_ref
        )
        and not exists (
            select from identity.link as own
            inner join evidence.fact as v
                on v.subject_source = own.source and v.subject_id = own.source_id and v.kind = 'coverage'
                and v.known_seq <= %(seq)s and (v.retracted_seq is null or v.retracted_seq > %(seq)s)
            where own.person_id = n.person_id and own.status = 'active' and own.known_seq <= %(seq)s
                and (own.retired_seq is null or own.retired_seq > %(seq)s)
                and w.rule -> 'population' -> 'payer_classes' ? v.code
                and coalesce(v.starts_at, '-infinity') <= f.occurred_at
                and coalesce(v.ends_at, 'infinity') > f.occurred_at
        )
    union
    select e.exception_id, u.source_ref, l.person_id, w.workflow, w.version, u.until_on
    from evidence.unmapped as u
    inner join evidence.code_exception as e on e.source = u.source and e.field = u.field and e.code = u.code
    inner join identity.link as l
        on l.source = u.subject_source and l.source_id = u.subject_id and l.status = 'active' and l.known_seq <= %(seq)s
        and (l.retired_seq is null or l.retired_seq > %(seq)s)
    inner join w_workflow as w on w.is_active and w.rule -> 'trigger' ->> 'fact' = 'discharge'
    where u.field = 'encounter.discharge_disposition_code' and u.known_seq <= %(seq)s
        and (u.retracted_seq is null or u.retracted_seq > %(seq)s)
        and u.until_on >= %(business_date)s::date - (w.rule -> 'trigger' ->> 'known_within_days')::int
)

select
    h.exception_id,
    count(distinct h.source_ref) as openings,
    min(cases.day_end(case
        when r.clock_business_days is not null then cases.add_business_days(h.on_day, r.clock_business_days)
        else h.on_day + r.clock_days
    end)) as due_at
from hit as h
inner join w_rule as r on r.workflow = h.workflow and r.version = h.version and r.position = 1
group by h.exception_id;

-- The earliest deadline is that among the stages that rest on it, open or waiting to begin.
create temp table w_unmapped on commit drop as
with touched as (
    select n.exception_id, min(s.due_at) as due_at, count(distinct c.case_id) as cases
    from evidence.code_not_known as n
    inner join cases.case_record as c on c.person_id = n.person_id and c.status = 'open'
    inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
    where (
        c.trigger_on <= coalesce(n.until_on, 'infinity')
        and exists (
            select from cases.stage_rests as f
            where f.source = n.source and f.feed = n.feed
                and f.workflow = c.workflow and f.version = c.version and f.stage = c.stage
        )
    )
    -- and whatever says itself that it waits on it
    or (c.wanted = 'wait' and c.wanted_detail ->> 'waits_on' = n.exception_id::text)
    group by n.exception_id
),

-- A column of a damaged record may hold a person's name or number: a value is shown only if it looks like a code and
-- is not a patient's name or number. A phrase, such as the name of a plan, must stand in several records, and none of its
-- words may be a patient's name.
shown as (
    select
        e.*,
        case
            when e.code ~ '^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,39}$' and not exists (
                select from evidence.personal_code as p where p.code = e.code
            ) then e.code
            when e.code ~ '^[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,39}$' and strpos(e.code, ' ') > 0 and e.records > 1
                and not exists (
                    select from evidence.personal_code as p where p.code = e.code
                ) then e.code
            else 'not shown, ' || left(md5(e.code), 8)
        end as told,
        row_number() over (partition by e.exception_id order by e.records desc, e.code) as place
    from evidence.code_exception as e
),

standing as (
    select
        s.exception_id,
        s.source,
        s.feed,
        s.field,
        s.is_folded,
        sum(s.records)::bigint as records,
        count(*) as codes,
        case
            when s.is_folded then concat(
                string_agg(s.told || ' ' || s.records, ', ' order by s.place) filter (where s.place <= 5),
                ', ', count(*) - 5, ' more'
            )
            else min(s.told)
        end as code
    from shown as s
    group by s.exception_id, s.source, s.feed, s.field, s.is_folded
)

select
    w.source,
    w.feed,
    w.field,
    w.exception_id,
    w.is_folded,
    w.records,
    w.codes,
    coalesce(t.cases, 0) as cases,
    coalesce(k.openings, 0) as openings,
    least(t.due_at, k.due_at) as due_at,
    w.code
from standing as w
left join touched as t on t.exception_id = w.exception_id
left join w_kept as k on k.exception_id = w.exception_id;
