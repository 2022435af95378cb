-- reads: operations.exception, operations.night

-- The newest night with a number, or of a business date, with what it opened.
select
    n.seq,
    n.business_date,
    n.kind,
    n.status,
    n.failed_step,
    n.cut_off,
    n.started_at,
    n.finished_at,
    (select count(*) from operations.exception as e where e.opened_seq = n.seq) as exceptions_opened,
    (select count(*) from operations.exception as e where e.opened_seq = n.seq and e.status = 'open') as exceptions_open
from operations.night as n
where n.seq = %(seq)s or n.business_date = %(business_date)s
order by n.seq desc
limit 1;
