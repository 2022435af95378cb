-- reads: operations.decision
-- changes: operations.exception

-- Undoes an earlier run of this night, so that a rerun writes the same rows: deletes the exceptions it opened and
-- reopens those it cleared. Exceptions that a named person has decided about stay.
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
