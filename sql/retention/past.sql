-- reads: cases.case_record, cases.stage, evidence.fact, landing.batch, landing.batch_file, landing.file,
--     landing.removed_file, operations.exception, operations.role, quality.quarantine

-- Landed files by path: whether their bytes are past their time, and the day from which it counts. A file is as old as
-- the newest day on which its content came. Bytes that something still needs stay, however old they are.
-- What carries claims or payments has its own term; so has what comes from a source that nobody knows any more.
with carries_claims as (
    select x.file_id
    from landing.batch_file as x
    inner join landing.batch as b on b.batch_id = x.batch_id
    where b.feed in ('claim', 'claim_response', 'functional_acknowledgement', 'eligibility_response', 'payment')
    union
    select f.file_id
    from landing.file as f
    where exists (select from operations.role as r where r.source = f.source and r.role in ('payer', 'billing'))
        or not exists (select from operations.role as r where r.source = f.source)
),

-- Cases that are open, or of which somebody has to decide something.
open_case as (
    select c.case_id, c.trigger_fact_id
    from cases.case_record as c
    where c.status = 'open'
        or exists (select from operations.exception as e where e.case_id = c.case_id and e.status = 'open')
),

rests_on as (
    select o.trigger_fact_id as fact_id from open_case as o where o.trigger_fact_id is not null
    union
    select s.fact_id
    from cases.stage as s
    inner join open_case as o on o.case_id = s.case_id
    where s.fact_id is not null
),

-- Deliveries that are not done: not loaded yet, stopped, with rows that wait, or to be taken back; and the evidence of
-- open cases.
needed_batch as (
    select b.batch_id from landing.batch as b where b.status in ('received', 'staged', 'stopped')
    union
    select q.batch_id
    from quality.quarantine as q
    where q.status = 'open' or (q.status = 'released' and q.closed_seq is null)
    union
    select x.batch_id from landing.batch_file as x where x.decision_id is not null and x.withdrawn_seq is null
    union
    select f.batch_id from evidence.fact as f inner join rests_on as r on r.fact_id = f.fact_id
),

needed as (
    select x.file_id
    from landing.batch_file as x
    inner join needed_batch as n on n.batch_id = x.batch_id
    union
    -- a file that could not be read, of which nobody has said what it is
    select f.file_id from landing.file as f where f.status = 'refused' and f.closed_seq is null
),

judged as (
    select
        f.path,
        min(f.sha256) as sha256,
        max(f.bytes) as bytes,
        max(greatest(f.business_date, (f.received_at at time zone %(zone)s)::date)) as newest_on,
        bool_or(c.file_id is not null) as is_claims,
        bool_or(n.file_id is not null) as is_needed
    from landing.file as f
    left join carries_claims as c on c.file_id = f.file_id
    left join needed as n on n.file_id = f.file_id
    where f.path <> ''
        and not exists (select from landing.removed_file as g where g.path = f.path)
    group by f.path
)

select
    case when j.is_claims then 'claims_bytes' else 'landed_bytes' end as kind,
    j.path,
    j.sha256,
    j.bytes,
    j.newest_on,
    j.is_needed,
    coalesce(
        not j.is_needed
        and j.newest_on < case when j.is_claims then %(claims_before)s::date else %(landed_before)s::date end,
        false
    ) as goes
from judged as j
order by convert_to(j.path, 'UTF8');
