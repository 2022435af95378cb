-- depends: 0251.the-door-of-a-decision

-- What waits for a named person, and since when. A batch of claims that was made anew keeps the age of its oldest claim,
-- because nobody has answered about that one since.
create view operations.question as
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    'claims_not_released' as reason,
    r.owner_team,
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
    coalesce(f.owner_team, r.owner_team) as owner_team,
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
where b.status = 'stopped';

revoke all on operations.question from throughline_loader, throughline_loop, throughline_reader;
grant select on operations.question to throughline_loop, throughline_reader;

comment on view operations.question is 'What waits for a named person''s decision: batches of claims, and deliveries that a gate stopped.';
comment on column operations.question.about_kind is 'claim_batch: a batch of claims. batch: a stopped delivery.';
comment on column operations.question.about_id is 'The id of the batch.';
comment on column operations.question.reason is 'The reason of the exception that it becomes if nobody answers.';
comment on column operations.question.owner_team is 'The team that owns it: it is asked first (teams.yaml). Null before the first night that knows the reason.';
comment on column operations.question.asked_seq is 'The night that asked first (operations.night). Of a batch that was made anew, about its oldest claim.';
comment on column operations.question.asked_on is 'The morning on which it was asked first, in the time zone of the practice.';
comment on column operations.question.about is 'The payer, or the feed and its business date.';
comment on column operations.question.things is 'The number of claims, or of rows that wait.';
comment on column operations.question.amount is 'The charge of the claims, in US dollars. Null: not about money.';
comment on column operations.question.file_by is 'The last day on which the payer takes the oldest of the claims (payers.yaml, timely_filing_days; 365 if it does not say). Null: no claims.';
comment on column operations.question.exception_from is 'The morning from which it is an exception: of claims the filing reserve before file_by (payers.yaml, filing_reserve_days; 30 if it does not say), of a delivery the morning after it was asked.';

create table operations.escalation (
    about_kind text not null,
    about_id text not null,
    owner_team text not null,
    told_seq bigint not null,
    told_on date not null,
    primary key (about_kind, about_id)
);

comment on table operations.escalation is 'Questions that nobody answered in time, of which a team''s lead was told: one row for each question.';
comment on column operations.escalation.about_kind is 'claim_batch: a batch of claims. batch: a stopped delivery.';
comment on column operations.escalation.about_id is 'The id of the batch.';
comment on column operations.escalation.owner_team is 'The team that owns it, whose lead was told (teams.yaml).';
comment on column operations.escalation.told_seq is 'The night that told the lead (operations.night).';
comment on column operations.escalation.told_on is 'The morning of that night, in the time zone of the practice.';
