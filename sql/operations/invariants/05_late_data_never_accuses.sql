-- missed_while_feed_is_late: A clock counts as missed although the feed that would prove the stage has
-- not arrived for the day on which it ended.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    s.stage || ' waits on ' || f.source || '/' || f.feed as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join cases.stage as s on s.case_id = c.case_id and s.state = 'missed'
inner join operations.feed as f on f.source || '/' || f.feed = any(c.waits_on_feeds)
left join operations.freshness((select max(seq) from operations.night where status <> 'void')) as a
    on a.source = f.source and a.feed = f.feed
where
    c.status = 'open'
    and c.stage = s.stage
    and coalesce(a.last_business_date < (s.due_at at time zone 'UTC')::date, true);

-- unknown_called_missed: The stage of a case is not known, and an exception calls it missed.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    e.reason as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join operations.exception as e on e.case_id = c.case_id and e.status = 'open'
where c.status = 'open' and c.stage_state = 'unknown' and e.reason in ('clock_missed', 'charge_leak');
