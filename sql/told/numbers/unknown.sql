-- reads: cases.case_record, cases.stage, evidence.search_not_known, operations.feed_freshness

-- Open cases whose current stage is unknown, by reason. An unknown stage is never reported as missed. Its feed is
-- late, a search of it has not reached the person, it has brought what it should and its days do not reach the end of the clock,
-- or something of it was set aside.
select
    c.workflow,
    c.stage,
    coalesce(
        nullif(s.reason, ''),
        nullif(array_to_string(c.waits_on_feeds, ', '), '') || case
            when exists (
                select from operations.feed_freshness as f
                where f.source || '.' || f.feed = any(c.waits_on_feeds) and not f.is_fresh
            ) then ' late'
            when exists (
                select from evidence.search_not_known as n
                where n.person_id = c.person_id and n.source || '.' || n.feed = any(c.waits_on_feeds)
            ) then ' not searched'
            when exists (
                select from operations.feed_freshness as f
                where f.source || '.' || f.feed = any(c.waits_on_feeds)
                    and coalesce(cases.day_end(f.last_business_date) < s.due_at, true)
            ) then ' not yet here for the day of the clock'
            else ' set aside'
        end,
        'no answer yet'
    ) as reason,
    c.waits_on_feeds,
    count(*) as cases,
    count(*) filter (where c.next_step = 'exception' and c.wanted is distinct from 'wait') as by_hand,
    min(s.due_at) as clock_ends_at,
    min(c.owner_team) as owner_team
from cases.case_record as c
left join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage
where c.status = 'open' and (c.stage_state = 'unknown' or s.state = 'unknown')
group by c.workflow, c.stage, 3, c.waits_on_feeds
order by by_hand desc, cases desc, c.workflow, c.stage;
