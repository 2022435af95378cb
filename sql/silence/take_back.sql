-- reads: operations.decision
-- changes: operations.exception

-- What this night noticed before is taken back, so that a second run writes the same rows: what it opened
-- goes, and what it cleared is open again. What a named person has decided about stays.
delete from operations.exception as e
where e.opened_seq = %(seq)s
    and e.reason = any(%(reasons)s)
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    );

update operations.exception as e
set status = 'open', closed_seq = null, resolution = null
where e.closed_seq = %(seq)s and e.status = 'cleared' and e.reason = any(%(reasons)s);
