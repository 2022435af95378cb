-- reads: operations.decision

-- Who has decided anything, and the kinds of what was decided: each found by its index, one step for each, not by reading
-- the decisions.
with recursive person as (
    (select d.decided_by as name from operations.decision as d order by d.decided_by limit 1)
    union all
    select (select d.decided_by from operations.decision as d where d.decided_by > p.name order by d.decided_by limit 1)
    from person as p
    where p.name is not null
),

kind as (
    (select d.kind as name from operations.decision as d order by d.kind limit 1)
    union all
    select (select d.kind from operations.decision as d where d.kind > k.name order by d.kind limit 1)
    from kind as k
    where k.name is not null
)

select 'by' as what, p.name from person as p where p.name is not null
union all
select 'kind', k.name from kind as k where k.name is not null;
