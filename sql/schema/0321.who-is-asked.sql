-- depends: 0281.rights-of-each-role 0291.who-opens-sees-when-to-file 0320.questions

-- A question goes to a team that may answer it, which need not be the one that owns the feed.
create table operations.asked_team (
    reason text not null,
    billing_npi text not null,
    owner_team text not null,
    primary key (reason, billing_npi)
);

grant select, insert, delete on operations.asked_team to throughline_loop;

comment on table operations.asked_team is 'Which team is asked: the first that permissions.yaml names. Written again by each night.';
comment on column operations.asked_team.reason is 'The reason of the exception that the question becomes: claims_not_released, feed_not_released.';
comment on column operations.asked_team.billing_npi is 'The NPI of the billing provider; any: every one, or not about claims.';
comment on column operations.asked_team.owner_team is 'The team that owns it: it may answer.';

create or replace view operations.question as
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    'claims_not_released' as reason,
    coalesce(a.owner_team, r.owner_team) as owner_team,
    k.asked_seq,
    cases.local_day(n.cut_off) as asked_on,
    b.payer_id as about,
    b.claim_count as things,
    b.total_charge as amount,
    k.service_on + coalesce(f.days, 365) as file_by,
    k.service_on + coalesce(f.days, 365) - coalesce(v.days, 30) as exception_from
from tasks.claim_batch as b
inner join lateral (
    select
        min(c.planned_seq) as asked_seq,
        min((c.content ->> 'service_on')::date) as service_on
    from tasks.claim as c
    where c.batch_id = b.batch_id
) as k on true
left join operations.night as n on n.seq = coalesce(k.asked_seq, b.planned_seq)
left join operations.reason as r on r.reason = 'claims_not_released'
left join lateral (
    select t.owner_team from operations.asked_team as t
    where t.reason = 'claims_not_released' and t.billing_npi in (b.billing_npi, 'any')
    order by t.billing_npi = 'any'
    limit 1
) as a on true
left join lateral (
    select s.value::int as days from cases.setting as s
    where s.name = 'payer_filing_days' and s.key = b.payer_id
) as f on true
left join lateral (
    select s.value::int as days from cases.setting as s
    where s.name = 'payer_filing_reserve_days' and s.key = b.payer_id
) as v on true
where b.status = 'waiting'
union all
select
    'batch' as about_kind,
    b.batch_id::text as about_id,
    'feed_not_released' as reason,
    coalesce(a.owner_team, f.owner_team, r.owner_team) as owner_team,
    b.known_seq as asked_seq,
    cases.local_day(n.cut_off) as asked_on,
    concat(b.source, '/', b.feed, ' of ', b.business_date) as about,
    b.rows_pending as things,
    null::numeric as amount,
    null::date as file_by,
    cases.local_day(n.cut_off) + 1 as exception_from
from landing.batch as b
left join operations.night as n on n.seq = b.known_seq
left join operations.feed as f on f.source = b.source and f.feed = b.feed
left join operations.reason as r on r.reason = 'feed_not_released'
left join operations.asked_team as a on a.reason = 'feed_not_released' and a.billing_npi = 'any'
where b.status = 'stopped';
