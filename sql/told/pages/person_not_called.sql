-- reads: cases.case_record, evidence.code_not_known, evidence.fact, evidence.possible_stay, identity.link,
--     operations.decision, operations.exception, operations.source

-- Why nobody should call a person now: what sql/tasks/forbidden.sql asks before anything is sent. What stands of a death,
-- a refusal, hospice care, a stay that goes on or having left; what nobody has decided; what nobody has mapped.
with own as (
    select
        l.source,
        l.source_id,
        l.status
    from identity.link as l
    where l.person_id = %(person)s and l.retired_seq is null
),

stops as (
    select
        f.kind as reason,
        f.occurred_at,
        f.source
    from own as l
    inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
    where l.status = 'active' and f.retracted_seq is null
        and f.kind in ('death', 'opt_out', 'hospice', 'left_practice', 'admission')
        and f.occurred_at <= %(as_of)s and coalesce(f.ends_at > %(as_of)s, true)
        and not coalesce(f.kind = 'admission' and f.detail ->> 'status' = 'finished', false)
    union all
    select
        'identity_doubt' as reason,
        null as occurred_at,
        d.source
    from own as l
    inner join identity.link as d on d.source = l.source and d.source_id = l.source_id
    where l.status in ('active', 'doubt') and d.status = 'doubt' and d.retired_seq is null
    union all
    select
        'consent_not_mapped' as reason,
        null as occurred_at,
        n.source
    from evidence.code_not_known as n
    where n.person_id = %(person)s and n.feed = 'consent'
    union all
    select
        'stay_not_mapped' as reason,
        null as occurred_at,
        n.source
    from evidence.possible_stay as n
    where n.person_id = %(person)s and coalesce(n.from_on <= cases.local_day(%(as_of)s::timestamptz), true)
        and not exists (
            select from operations.decision as d
            left join operations.exception as e on d.about_kind = 'exception' and e.exception_id::text = d.about_id
            inner join cases.case_record as c
                on c.case_id = e.case_id or (d.about_kind = 'case' and c.case_id::text = d.about_id)
            where c.person_id = %(person)s and d.known_seq > n.known_seq
                and coalesce(d.detail ->> 'action', d.kind) in ('retry', 'continue')
        )
)

select distinct on (s.reason) s.reason, s.occurred_at, coalesce(o.title, s.source) as source
from stops as s
left join operations.source as o on o.source = s.source
order by s.reason, s.occurred_at desc nulls last, s.source;
