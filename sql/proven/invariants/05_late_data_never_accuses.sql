-- reads: cases.case_record, cases.stage, cases.workflow_version, operations.exception, operations.feed,
--     operations.freshness(), operations.night, scope_case

-- missed_while_feed_is_late: A clock counts as missed although a feed that would prove the stage has not
-- come for the day on which it ended.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    s.stage || ' waits on ' || f.source || '/' || f.feed as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage and s.state = 'missed'
inner join cases.workflow_version as v on v.workflow = c.workflow and v.version = c.version
inner join lateral jsonb_array_elements(v.definition -> 'stages') as d (stage) on d.stage ->> 'stage' = s.stage
inner join operations.feed as f on d.stage -> 'feeds' ? (f.source || '.' || f.feed)
left join operations.freshness((select max(seq) from operations.night where status <> 'void')) as a
    on a.source = f.source and a.feed = f.feed
where
    c.status = 'open'
    and coalesce(
        a.last_business_date < cases.local_day(s.due_at - interval '1 second') - f.allowed_lag_days,
        true
    );

-- unknown_called_missed: How a case stands is not known, and an exception says that its clock was missed.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    e.reason as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join operations.exception as e on e.case_id = c.case_id and e.status = 'open'
where c.status = 'open' and c.stage_state = 'unknown' and e.reason = 'missed_clock';
