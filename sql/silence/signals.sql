-- reads: cases.case_record, evidence.fact, operations.night
-- changes: operations.signal
-- counts: signals

-- Counts the signals of a night, and of earlier nights that were left undone: cases by workflow, facts by source
-- and kind. They are counted again each time the step runs.
delete from operations.signal where seq > %(since)s and seq <= %(seq)s;

-- count: signals
insert into operations.signal (about_kind, about_id, on_day, seq, times)
select s.about_kind, s.about_id, d.on_day, s.seq, s.times
from (
    select 'workflow' as about_kind, c.workflow as about_id, c.opened_seq as seq, count(*) as times
    from cases.case_record as c
    where c.opened_seq > %(since)s and c.opened_seq <= %(seq)s
    group by c.workflow, c.opened_seq
    union all
    select 'facts' as about_kind, concat_ws('/', f.source, f.kind) as about_id, f.known_seq as seq, count(*) as times
    from evidence.fact as f
    where f.known_seq > %(since)s and f.known_seq <= %(seq)s
    group by f.source, f.kind, f.known_seq
) as s
cross join lateral (
    select max(n.business_date) as on_day from operations.night as n where n.seq <= s.seq
) as d;
