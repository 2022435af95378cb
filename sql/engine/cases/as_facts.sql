-- reads: e_bill, e_case, e_fact, e_final, e_link, e_proof, e_stage, e_state, r_own_code, r_stage, r_version
-- makes: e_as_fact
-- changes: e_coding, e_fact, e_link

-- The cases of the first pass as facts, which the second pass reads (rule 29).

-- A case holds the links of its trigger save the encounter, and those of what proves its `dated` stage.
create temp table e_as_fact on commit drop as
select
    f.case_no, f.person_id, f.version_id, v.workflow, v.dated_stage, c.trigger_no, c.trigger_first, c.trigger_key,
    v.workflow || ' ' || f.case_key as reference, s.status, n.last_no + row_number() over (order by f.log_no) as fact_no,
    coalesce(p.proven, '[]') as proven,
    b.codes is not null and exists (
        select
        from r_own_code as o
        where o.version_id = f.version_id and o.code = any(b.codes)
    ) as bills
from e_final as f
inner join e_case as c on c.case_no = f.case_no
inner join e_state as s on s.case_no = f.case_no
inner join r_version as v on v.version_id = f.version_id
left join e_bill as b on b.case_no = f.case_no
left join lateral (
    select jsonb_agg(r.stage order by r.stage_no) as proven
    from e_stage as t
    inner join r_stage as r on r.version_id = t.version_id and r.stage_no = t.stage_no
    where t.case_no = f.case_no and t.is_proven
) as p on true
cross join (select coalesce(max(x.fact_no), 0) as last_no from e_fact as x) as n;

-- Between the other facts of the person by time, kind, source and reference (10).
insert into e_fact (
    fact_no, position, person_id, kind, source, reference, version, status, detail, is_unclear, is_lasting,
    occurred_at, known_seq, order_at
)
select
    a.fact_no,
    coalesce(b.position, 0) + a.number / (a.among + 1.0),
    a.person_id, 'case', 'throughline', a.reference, '1', a.status,
    jsonb_build_object(
        'proven', a.proven, 'bills', a.bills, 'workflow', a.workflow,
        'trigger_first', a.trigger_first, 'trigger_key', a.trigger_key
    ),
    false, false, a.trigger_first, 1, a.trigger_first as order_at
from (
    select
        e.*,
        row_number() over w as number,
        count(*) over (partition by e.person_id) as among
    from e_as_fact as e
    window w as (partition by e.person_id order by e.trigger_first, e.reference collate "C", e.fact_no)
) as a
left join lateral (
    select max(f.position) as position
    from e_fact as f
    cross join (values ('case' collate "C")) as k (kind)
    where f.person_id = a.person_id
        and (f.order_at, f.kind, f.source, f.reference) < (a.trigger_first, k.kind, 'throughline', a.reference)
) as b on true;

insert into e_coding (fact_no, system, code)
select a.fact_no, 'workflow', a.workflow
from e_as_fact as a;

insert into e_link (fact_no, slot, namespace, id, link_key)
select distinct a.fact_no, l.slot, l.namespace, l.id, l.link_key
from e_as_fact as a
cross join lateral (
    -- Of each slot what the last of these facts says.
    select k.slot, k.namespace, k.id, k.link_key, rank() over (partition by k.slot order by o.place desc) as place
    from (
        select a.trigger_no as fact_no, 0 as place
        union all
        select u.fact_no, u.place
        from e_proof as p
        cross join lateral unnest(p.by) with ordinality as u (fact_no, place)
        where p.case_no = a.case_no and p.stage_no = a.dated_stage and p.at_least = 2
    ) as o
    inner join e_link as k on k.fact_no = o.fact_no
    where o.place > 0 or k.slot <> 'encounter'
) as l
where l.place = 1;

analyze e_fact;
analyze e_link;

drop table e_as_fact;
