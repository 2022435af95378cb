-- reads: cases.same_record
-- changes: w_unmatched

-- Two sources tell of one discharge or one charge and contradict each other: somebody has to say which is right. Only
-- of the last weeks: what lies behind that opens and bills nothing any more.
insert into w_unmatched
select
    'sources_disagree',
    case k.record when 'encounter' then 'discharge' else 'charge' end,
    case k.record when 'encounter' then 'discharge ' else 'charge ' end
    || left(md5(concat_ws('|', k.person_id, k.ref)), 8),
    min(k.source),
    null::numeric,
    jsonb_build_object(
        'source', min(k.source), 'other', max(k.source), 'day', max(k.happened_on),
        'record', case k.record when 'encounter' then 'discharge' else 'charge' end, 'differs', min(k.differs)
    ),
    k.person_id,
    null::timestamptz
from cases.same_record as k
where k.differs is not null and k.happened_on >= %(business_date)s::date - 30
group by k.person_id, k.ref, k.record;
