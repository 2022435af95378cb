-- reads: evidence.fact, operations.night

-- night_without_digest: A night finished without a digest to compare a replay with.
select
    'night' as about_kind,
    n.seq::text as about_id,
    n.business_date::text as detail
from operations.night as n
where n.status = 'finished' and (n.state_digest is null or n.plan_digest is null);

-- known_after_the_newest_night: A fact has a later night's number than the newest night.
select
    'fact' as about_kind,
    f.fact_id::text as about_id,
    f.known_seq::text as detail
from evidence.fact as f
where f.known_seq > (select max(seq) from operations.night);
