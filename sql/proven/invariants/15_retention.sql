-- reads: landing.batch, landing.batch_file, landing.file, landing.removed_file, operations.decision,
--     operations.removal, operations.restored

-- removed_without_a_decision: Bytes are recorded as removed that no named person decided to remove, or other ones than
-- the decision says.
with listed as (
    select
        coalesce(r.decision_id, f.decision_id) as decision_id,
        coalesce(r.kind, f.kind) as kind,
        r.list_sha256,
        coalesce(f.things, 0) as things,
        operations.hashed(coalesce(f.list, '')) as list_now
    from (select m.* from operations.removal as m where m.kind in ('landed_bytes', 'claims_bytes')) as r
    full join (
        select
            g.decision_id,
            g.kind,
            count(*) as things,
            string_agg(g.path || ' ' || g.sha256, E'\n' order by convert_to(g.path, 'UTF8')) as list
        from landing.removed_file as g
        group by g.decision_id, g.kind
    ) as f on f.decision_id = r.decision_id and f.kind = r.kind
)

select
    'removal' as about_kind,
    l.decision_id::text as about_id,
    l.kind || case when d.decision_id is null then ': nobody decided it' else ': not what was decided' end as detail
from listed as l
left join operations.decision as d
    on d.decision_id = l.decision_id and d.about_kind = 'retention' and d.kind = 'remove'
where
    (%(seq)s::bigint is null or d.known_seq = %(seq)s::bigint)
    and (
        d.decision_id is null
        or l.list_now is distinct from d.detail -> l.kind ->> 'list_sha256'
        or l.list_sha256 is distinct from d.detail -> l.kind ->> 'list_sha256'
    )
    -- a decision that was made after a backup is not in what was restored from it; what it removed is carried over
    and not exists (select from operations.restored);

-- removed_but_open: The bytes of a delivery were removed that is not loaded yet, was stopped, or has rows that wait.
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    b.status || ', and its bytes are gone' as detail
from landing.removed_file as r
inner join landing.file as f on f.path = r.path
inner join landing.batch_file as x on x.file_id = f.file_id
inner join landing.batch as b on b.batch_id = x.batch_id
where b.status in ('received', 'staged', 'stopped') and f.status = 'landed';
