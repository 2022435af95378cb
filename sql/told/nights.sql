-- reads: operations.night

-- The last nights, the newest first.
select
    seq,
    business_date,
    kind,
    status,
    extract(epoch from finished_at - started_at)::float as seconds,
    failed_step,
    (counts ->> 'calls_due')::int as calls,
    (counts ->> 'not_known')::int as not_known,
    (counts ->> 'exceptions_open')::int as exceptions
from operations.night
order by seq desc
limit %(nights)s;
