-- reads: cases.case_record, cases.not_opened, cases.workflow_version, evidence.fact, evidence.unmapped,
--     identity.link, landing.batch, landing.file, landing.left_file, operations.exception, operations.night,
--     quality.quarantine
-- changes: operations.first_load
-- counts: first_load

-- What the first night that finishes has found, and what it has left out. Later nights change nothing of it; a warehouse
-- that had finished nights before this was kept has none.
delete from operations.first_load where known_seq = %(seq)s;

-- count: first_load
insert into operations.first_load (known_seq, part, about, name, things, from_on, until_on)
with night as (
    select n.seq
    from operations.night as n
    where n.seq = %(seq)s
        and not exists (select from operations.night as o where o.seq < n.seq and o.status = 'finished')
),

counted as (
    select
        'rows' as part,
        b.source || '/' || b.feed as about,
        x.name,
        sum(x.things) as things,
        min(b.business_date) as from_on,
        max(b.business_date) as until_on
    from landing.batch as b
    cross join lateral (
        values
        ('received', b.rows_received), ('loaded', b.rows_loaded), ('superseded', b.rows_superseded),
        ('quarantined', b.rows_quarantined), ('rejected', b.rows_rejected), ('pending', b.rows_pending)
    ) as x (name, things)
    where b.known_seq <= %(seq)s
    group by b.source, b.feed, x.name
    union all
    select 'files', f.source, f.refused_reason, count(*), min(f.business_date), max(f.business_date)
    from landing.file as f
    where f.status = 'refused' and f.known_seq <= %(seq)s
    group by f.source, f.refused_reason
    union all
    select 'older_files', f.source, 'history_days', max(f.files), null, null
    from landing.left_file as f
    where f.known_seq <= %(seq)s
    group by f.source
    union all
    select
        'facts', f.source, f.kind, count(*), cases.local_day(min(f.occurred_at)), cases.local_day(max(f.occurred_at))
    from evidence.fact as f
    where f.known_seq <= %(seq)s and f.retracted_seq is null
    group by f.source, f.kind
    union all
    select 'persons', '', l.status, count(distinct l.person_id), null, null
    from identity.link as l
    where l.known_seq <= %(seq)s and l.retired_seq is null and l.status in ('active', 'doubt')
    group by l.status
    union all
    select
        'cases', c.workflow, case c.status when 'open' then c.stage else coalesce(c.close_reason, c.status) end,
        count(*), min(c.trigger_on), max(c.trigger_on)
    from cases.case_record as c
    where c.opened_seq <= %(seq)s
    group by 1, 2, 3
    union all
    select 'not_opened', k.workflow, k.reason, count(*), min(k.happened_on), max(k.happened_on)
    from cases.not_opened as k
    group by k.workflow, k.reason
    union all
    -- visits of before the days in which a workflow still bills them are not asked about one by one
    select 'not_opened', w.workflow, 'learned_too_late', count(*), min(v.on_day), max(v.on_day)
    from cases.workflow_version as w
    cross join (
        select cases.local_day(f.occurred_at, (select cases.practice_zone())) as on_day
        from evidence.fact as f
        where f.kind = 'visit' and f.known_seq <= %(seq)s and f.retracted_seq is null
    ) as v
    where w.activated_seq is not null and w.retired_seq is null and w.definition -> 'trigger' ->> 'unbilled' = 'visit'
        and v.on_day < (select o.business_date from operations.night as o where o.seq = %(seq)s)
        - (w.definition -> 'trigger' ->> 'known_within_days')::int
    group by w.workflow
    union all
    select 'set_aside', q.source || '/' || q.feed, q.reason, count(*), null, null
    from quality.quarantine as q
    where q.status = 'open' and q.known_seq <= %(seq)s
    group by q.source, q.feed, q.reason
    union all
    select 'codes', u.source || '/' || u.feed, u.field, count(*), min(u.from_on), max(u.until_on)
    from evidence.unmapped as u
    where u.known_seq <= %(seq)s and u.retracted_seq is null
    group by u.source, u.feed, u.field
    union all
    select 'exceptions', coalesce(e.owner_team, ''), e.reason, count(*), null, null
    from operations.exception as e
    where e.status = 'open' and e.opened_seq <= %(seq)s
    group by 2, 3
)

select n.seq, c.part, c.about, c.name, c.things, c.from_on, c.until_on
from counted as c
cross join night as n
where c.things > 0;
