-- reads: cases.case_record, cases.event, operations.work_item

-- What the first night after a change of the rules moved, of cases that nothing else had touched.
select
    c.workflow,
    coalesce(e.stage, 'case') as stage,
    e.from_state,
    e.to_state,
    coalesce(e.detail ->> 'reason', '') as reason,
    count(*)::int as cases
from cases.event as e
inner join cases.case_record as c on c.case_id = e.case_id
where e.known_seq = %(seq)s
    and exists (
        select from operations.work_item as w
        where w.seq = %(seq)s and w.person_id = c.person_id and w.reason = 'derivation'
    )
    and not exists (
        select from operations.work_item as w
        where w.seq = %(seq)s and w.person_id = c.person_id and w.reason in ('evidence', 'identity', 'decision')
    )
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5;
