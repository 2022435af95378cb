-- reads: cases.case_record, cases.stage, cases.stage_feed, evidence.not_known, identity.link,
--     operations.exception, operations.feed, operations.freshness(), operations.night, scope_case

-- missed_while_feed_is_late: A clock counts as missed although a feed that could prove the stage has not
-- arrived for the day on which it ended.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    s.stage || ' waits on ' || f.source || '/' || f.feed as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage and s.state = 'missed'
inner join cases.stage_feed as d
    on d.workflow = c.workflow and d.version = c.version and d.stage = s.stage
    and (
        d.is_named
        or exists (
            select from identity.link as l
            where l.person_id = c.person_id and l.source = d.source and l.status = 'active' and l.retired_seq is null
        )
        or (d.may_be_first and d.charts is null)
    )
inner join operations.feed as f on f.source = d.source and f.feed = d.feed
left join operations.freshness((select max(seq) from operations.night where status <> 'void')) as a
    on a.source = f.source and a.feed = f.feed
-- what answers us lacks nothing of the time before anything was asked
left join operations.night as n on n.seq = f.known_seq and f.volume = 'asked'
where
    c.status = 'open'
    and coalesce(
        coalesce(a.last_business_date, n.business_date)
        < cases.local_day(s.due_at - interval '1 second') - f.allowed_lag_days,
        true
    );

-- unknown_called_missed: The state of a case is unknown, but an exception says that its clock was missed.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    e.reason as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join operations.exception as e on e.case_id = c.case_id and e.status = 'open'
where c.status = 'open' and c.stage_state = 'unknown' and e.reason = 'missed_clock';

-- missed_while_rows_are_set_aside: A clock counts as missed although a row that names the person, and could prove the
-- stage, was set aside and nobody has decided about it; or the search of its feed did not reach the person.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    s.stage || ' rests on rows set aside of ' || n.source || '/' || n.feed as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage and s.state = 'missed'
inner join cases.stage_feed as d on d.workflow = c.workflow and d.version = c.version and d.stage = s.stage
inner join evidence.not_known as n
    on n.person_id = c.person_id and n.source = d.source and n.feed = d.feed and n.payer_id is null
where c.status = 'open' and (c.trigger_on <= n.until_on or n.until_on is null);
