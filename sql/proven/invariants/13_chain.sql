-- reads: operations.chain, operations.decision, operations.night, tasks.transmission

-- chain_is_broken: An entry of the chain was changed, left out or put in: its hash is not over what it says and the entry
-- before it.
select
    'chain' as about_kind,
    c.n::text as about_id,
    c.kind || ' ' || c.about_id as detail
from (
    select
        e.*,
        lag(e.n, 1, 0::bigint) over (order by e.n) as n_before,
        lag(e.sha256, 1, repeat('0', 64)) over (order by e.n) as sha256_before
    from operations.chain as e
) as c
where
    c.n <> c.n_before + 1
    or c.previous <> c.sha256_before
    or c.sha256 <> operations.hashed(concat_ws('|', c.n, c.kind, c.about_id, c.content_sha256, c.previous));

-- other_than_chained: A decision, an outcome or a digest was changed or deleted after it was added to the chain, or was
-- written past it.
with said as (
    select 'decision' as kind, d.decision_id::text as about_id, operations.content(d) as content
    from operations.decision as d
    union all
    select 'outcome', x.transmission_id::text, operations.content(x)
    from tasks.transmission as x
    where x.outcome <> 'intended'
    union all
    select 'digest', n.seq::text, operations.content(n)
    from operations.night as n
    where n.state_digest is not null
)

select
    coalesce(c.kind, s.kind) as about_kind,
    coalesce(c.about_id, s.about_id) as about_id,
    case when c.n is null then 'not in the chain' when s.content is null then 'deleted' else 'changed' end as detail
from said as s
full join operations.chain as c on c.kind = s.kind and c.about_id = s.about_id
where
    c.content_sha256 is distinct from operations.hashed(s.content)
    -- what was uncertain and is settled has a later entry
    and not exists (
        select from operations.chain as l
        where l.kind = c.kind and l.about_id = c.about_id and l.n > c.n
    );
