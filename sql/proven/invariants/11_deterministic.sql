-- reads: evidence.fact, operations.night

-- night_without_digest: A night was finished and nothing is kept to compare a replay with.
select
    'night' as about_kind,
    n.seq::text as about_id,
    n.business_date::text as detail
from operations.night as n
where n.status = 'finished' and (n.state_digest is null or n.plan_digest is null);

-- known_after_the_newest_night: A fact claims to be known from a night that has not been.
select
    'fact' as about_kind,
    f.fact_id::text as about_id,
    f.known_seq::text as detail
from evidence.fact as f
where f.known_seq > (select max(seq) from operations.night);
