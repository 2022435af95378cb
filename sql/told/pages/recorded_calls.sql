-- reads: cases.case_record, operations.decision

-- The newest call of a case that somebody recorded by hand since the last night, and that was not taken back: it counts
-- for every case of the patient that had begun, and is evidence of none before the next night.
select distinct on (c.case_id)
    c.case_id::text as case_id,
    (d.detail ->> 'at')::timestamptz as called_at,
    d.decided_by
from cases.case_record as c
inner join cases.case_record as o on o.person_id = c.person_id
inner join operations.decision as d
    on d.about_kind = 'case' and d.about_id = o.case_id::text and d.kind = 'record_call' and d.known_seq is null
where c.case_id = any(%(cases)s::uuid[])
    and (c.trigger_on is null or (d.detail ->> 'at')::timestamptz >= evidence.day_start(c.trigger_on))
    and not exists (
        select from operations.decision as b
        where b.about_kind = 'recorded_call' and b.about_id = d.decision_id::text and b.kind = 'take_back_call'
    )
order by c.case_id, called_at desc, d.decision_id;
