-- reads: cases.case_record, cases.event, operations.work_item

-- Cases that changed since the day before only because the rules changed. Starting at the day before
-- includes what a reconcile by day derived.
select
    c.workflow,
    coalesce(e.stage, 'case') as stage,
    e.from_state,
    e.to_state,
    coalesce(e.detail ->> 'reason', '') as reason,
    count(*)::int as cases
from cases.event as e
inner join cases.case_record as c on c.case_id = e.case_id
where e.known_seq > %(since)s and e.known_seq <= %(seq)s
    and exists (
        select from operations.work_item as w
        where w.seq = e.known_seq and w.person_id = c.person_id and w.reason = 'derivation'
    )
    and not exists (
        select from operations.work_item as w
        where w.seq = e.known_seq and w.person_id = c.person_id
            and w.reason in ('evidence', 'identity', 'decision')
    )
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5;
