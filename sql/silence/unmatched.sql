-- reads: cases.setting, core.claim, core.claim_response, core.eligibility_response,
--     core.functional_acknowledgement, core.payment, core.provider_adjustment, identity.link,
--     operations.exception, operations.feed, operations.freshness(), operations.night, operations.role,
--     quality.quarantine, tasks.claim, tasks.claim_batch, tasks.task, tasks.transmission,
--     tasks.transmission_task
-- makes: w_unmatched, w_verdict

-- What payers and clearinghouses say about a claim or a file that nobody sent, claims of patients whom nobody knows,
-- money that belongs to no claim, and what we sent that nobody answered in time.
--
-- Looks only at what tonight (and nights left undone) brought or took back, and at what has an exception already.
create temp table w_unmatched (
    reason text not null,
    about_kind text not null,
    about_id text not null,
    source text not null,
    amount numeric,
    detail jsonb not null,
    -- only where one person is meant, and a clock runs
    person_id uuid,
    due_at timestamptz,
    -- where it is of a day: what is very old when it comes is history, and nobody is asked
    happened_on date
) on commit drop;

-- A remittance for a claim of which there is neither a copy nor one of ours.
insert into w_unmatched
with named as (
    select p.patient_control_number as pcn
    from core.payment as p
    where p.known_seq > %(since)s and p.known_seq <= %(seq)s
    union
    select c.patient_control_number
    from core.claim as c
    where c.retracted_seq > %(since)s and c.retracted_seq <= %(seq)s
    union
    select e.about_id
    from operations.exception as e
    where e.reason = 'unmatched_remittance' and e.about_kind = 'claim' and e.status <> 'cleared'
)

select
    'unmatched_remittance',
    'claim',
    n.pcn,
    min(p.source),
    sum(p.paid_amount),
    jsonb_strip_nulls(jsonb_build_object(
        'payer_id', max(p.payer_id), 'payer_claim_number', max(p.payer_claim_number),
        'check', max(p.check_number), 'remittances', count(*)
    )),
    null,
    null,
    max(coalesce(p.paid_on, p.produced_on))
from named as n
inner join core.payment as p
    on p.patient_control_number = n.pcn and p.retracted_seq is null and not p.is_deleted
where not exists (
    select from core.claim as c
    where c.patient_control_number = n.pcn and c.retracted_seq is null and not c.is_deleted
)
and not exists (select from tasks.claim as k where k.patient_control_number = n.pcn)
-- its copy came, and waits for a decision
and not exists (
    select from quality.quarantine as q
    where q.feed = 'claim' and q.subject_source = 'pcn' and q.subject_id = n.pcn and q.status in ('open', 'released')
)
group by n.pcn;

-- A claim whose patient is nobody of ours. A doubt about whose it is has an exception of its own.
insert into w_unmatched
with named as (
    select c.patient_control_number as pcn
    from core.claim as c
    where c.known_seq > %(since)s and c.known_seq <= %(seq)s and c.patient_control_number is not null
    union
    select l.source_id
    from identity.link as l
    where l.source = 'pcn' and l.retired_seq > %(since)s and l.retired_seq <= %(seq)s
    union
    select e.about_id
    from operations.exception as e
    where e.reason = 'claim_without_person' and e.about_kind = 'claim' and e.status <> 'cleared'
)

select
    'claim_without_person',
    'claim',
    n.pcn,
    min(c.source),
    max(c.total_charge),
    jsonb_strip_nulls(jsonb_build_object('payer_id', max(c.payer_id), 'submitter', max(c.submitter_id))),
    null,
    null,
    max(coalesce(c.service_from, cases.local_day(c.created_at)))
from named as n
inner join core.claim as c
    on c.patient_control_number = n.pcn and c.retracted_seq is null and not c.is_deleted
where (c.kind like '837%%' or c.subject_id is null) and c.frequency_code is distinct from '8'
    and not exists (
        select from identity.link as l
        where l.source = 'pcn' and l.source_id = n.pcn and l.retired_seq is null
    )
group by n.pcn;

-- A TA1 or 999 of a file of claims that is neither ours nor that of a claim's copy. Other files (eligibility, claim
-- status) are sent by systems of which no copies come.
insert into w_unmatched
with told as (
    select
        a.source,
        case a.transaction_set when 'TA1' then 'interchange' else 'group' end as part,
        case a.transaction_set when 'TA1' then a.transaction_control_number else a.group_control_number end as number,
        a.status_code,
        a.group_status_code
    from core.functional_acknowledgement as a
    where a.retracted_seq is null and not a.is_deleted
        and (a.transaction_set = 'TA1' or coalesce(a.functional_id, 'HC') = 'HC')
        and (
            (a.known_seq > %(since)s and a.known_seq <= %(seq)s)
            or exists (
                select from operations.exception as e
                where e.reason = 'unmatched_acknowledgement' and e.about_kind = 'sent_file' and e.status <> 'cleared'
                    and e.about_id = concat_ws(
                        '/', a.source, case a.transaction_set when 'TA1' then 'interchange' else 'group' end,
                        case a.transaction_set when 'TA1' then a.transaction_control_number else a.group_control_number end
                    )
            )
        )
)

select
    'unmatched_acknowledgement',
    'sent_file',
    concat_ws('/', t.source, t.part, t.number),
    t.source,
    null,
    jsonb_build_object(t.part, t.number, 'status', min(t.status_code))
from told as t
where t.number is not null
    -- where the copies of claims do not come this way, that a file was taken is no question to anybody
    and (
        coalesce(t.status_code not in ('A', 'E'), true)
        or t.group_status_code not in ('A', 'E')
        or exists (select from operations.feed as o where o.source = t.source and o.feed = 'claim')
    )
    and not exists (
        select from tasks.transmission as x
        where x.control_numbers ? 'interchange'
            and ltrim(x.control_numbers ->> 'interchange', '0') = ltrim(t.number, '0')
    )
    and not exists (
        select from core.claim as c
        where c.retracted_seq is null and not c.is_deleted and t.part = 'group' and c.group_control_number = t.number
    )
    and not exists (
        select from core.claim as c
        where c.retracted_seq is null and not c.is_deleted and t.part = 'interchange'
            and c.interchange_control_number = t.number
    )
group by t.source, t.part, t.number;

-- A 277CA about a claim that nobody sent, while no remittance has come for it.
insert into w_unmatched
with named as (
    select r.patient_control_number as pcn
    from core.claim_response as r
    where r.known_seq > %(since)s and r.known_seq <= %(seq)s
    union
    select c.patient_control_number
    from core.claim as c
    where c.retracted_seq > %(since)s and c.retracted_seq <= %(seq)s
    union
    select e.about_id
    from operations.exception as e
    where e.reason = 'unmatched_acknowledgement' and e.about_kind = 'claim' and e.status <> 'cleared'
)

select
    'unmatched_acknowledgement',
    'claim',
    n.pcn,
    min(r.source),
    max(r.total_charge),
    jsonb_strip_nulls(jsonb_build_object(
        'payer_claim_number', max(r.payer_claim_number), 'category', max(r.category_code)
    )),
    null,
    null,
    max(r.effective_on)
from named as n
inner join core.claim_response as r
    on r.patient_control_number = n.pcn and r.retracted_seq is null and not r.is_deleted
where not exists (
    select from core.claim as c
    where c.patient_control_number = n.pcn and c.retracted_seq is null and not c.is_deleted
)
and not exists (select from tasks.claim as k where k.patient_control_number = n.pcn)
-- its copy came, and waits for a decision
and not exists (
    select from quality.quarantine as q
    where q.feed = 'claim' and q.subject_source = 'pcn' and q.subject_id = n.pcn and q.status in ('open', 'released')
)
and not exists (
    select from core.payment as p
    where p.patient_control_number = n.pcn and p.retracted_seq is null and not p.is_deleted
)
group by n.pcn;

-- Money that belongs to no claim (PLB): an advance, interest, an incentive, a balance carried forward, a recovery.
-- Billing posts it; a positive amount took money off the payment.
insert into w_unmatched
with named as (
    select a.source, coalesce(a.check_number, a.source_id) as check_number
    from core.provider_adjustment as a
    where a.known_seq > %(since)s and a.known_seq <= %(seq)s
    union
    select split_part(e.about_id, '/', 1), substr(e.about_id, strpos(e.about_id, '/') + 1)
    from operations.exception as e
    where e.reason = 'provider_adjustment' and e.about_kind = 'remittance' and e.status <> 'cleared'
)

select
    'provider_adjustment',
    'remittance',
    n.source || '/' || n.check_number,
    n.source,
    sum(a.amount),
    jsonb_strip_nulls(jsonb_build_object(
        'payer_id', max(a.payer_id),
        'adjustments', jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object('code', a.reason_code, 'reference', a.reference, 'amount', a.amount))
            order by a.source_id
        )
    )),
    null,
    null,
    -- a version is that of its file, and begins with the day on which that was made
    max(case when a.source_version ~ '^\d{4}-\d\d-\d\d' then left(a.source_version, 10)::date end)
from named as n
inner join core.provider_adjustment as a
    on a.source = n.source and coalesce(a.check_number, a.source_id) = n.check_number
    and a.retracted_seq is null and not a.is_deleted
group by n.source, n.check_number;

-- What a TA1 (its interchange) or a 999 (its group) says of a file of ours: I17, 715 and 717 of X12. The newest word counts,
-- and of one day the worst. What a code of no list says is not known: it answers nothing.
create temp table w_verdict on commit drop as
select distinct on (v.source, v.number) v.source, v.number, v.said, v.code
from (
    select
        a.source,
        ltrim(case a.transaction_set when 'TA1' then a.transaction_control_number else a.group_control_number end, '0')
        as number,
        a.known_seq,
        left(a.source_version, 10) as on_day,
        c.code,
        case
            when c.code in ('M', 'P', 'R', 'W', 'X') then 'refused'
            when c.code in ('A', 'E') then 'taken'
        end as said
    from core.functional_acknowledgement as a
    cross join lateral (values (a.status_code), (a.group_status_code)) as c (code)
    where a.retracted_seq is null and not a.is_deleted and c.code is not null
) as v
where v.said is not null
order by v.source, v.number, v.on_day desc, v.said, v.known_seq desc, v.code;

-- A file of ours that its receiver refused, or took only in part.
insert into w_unmatched
select
    'file_rejected',
    'transmission',
    x.transmission_id::text,
    r.source,
    b.total_charge,
    jsonb_strip_nulls(jsonb_build_object(
        'kind', x.kind, 'target', x.target, 'interchange', x.control_numbers ->> 'interchange', 'code', v.code,
        'payer_id', b.payer_id
    ))
from tasks.transmission as x
inner join operations.role as r on r.connection = x.target and r.role = 'payer'
inner join w_verdict as v
    on v.source = r.source and v.number = ltrim(x.control_numbers ->> 'interchange', '0') and v.said = 'refused'
left join tasks.claim_batch as b on x.effect_key = 'claim_batch|' || b.batch_id::text
inner join operations.night as n on n.seq = x.outcome_seq
where x.kind in ('claim_batch', 'eligibility') and x.outcome = 'accepted'
    and n.cut_off > %(as_of)s - interval '60 days';

-- A file of ours that neither a TA1 nor a 999 answers, nor what it asked for, within its payer's time, while the feed
-- that would bring the answer is complete up to then.
insert into w_unmatched
with sent as (
    select
        x.transmission_id,
        x.kind,
        x.target,
        x.control_numbers ->> 'interchange' as interchange,
        b.total_charge,
        y.payer_id,
        cases.add_business_days(
            cases.local_day(x.outcome_at_night), coalesce((
                select v.value::int from cases.setting as v
                where v.name = 'payer_acknowledgement_days' and v.key = y.payer_id
            ), %(acknowledgement_days)s)
        ) as due_on
    from (
        select t.*, n.cut_off as outcome_at_night
        from tasks.transmission as t
        inner join operations.night as n on n.seq = t.outcome_seq
        where t.kind in ('claim_batch', 'eligibility') and t.outcome = 'accepted' and t.outcome_seq < %(seq)s
            and t.control_numbers ? 'interchange' and n.cut_off > %(as_of)s - interval '60 days'
    ) as x
    left join tasks.claim_batch as b on x.effect_key = 'claim_batch|' || b.batch_id::text
    left join lateral (
        select coalesce(b.payer_id, min(k.detail ->> 'payer_id')) as payer_id
        from tasks.transmission_task as l
        inner join tasks.task as k on k.task_id = l.task_id
        where l.transmission_id = x.transmission_id
    ) as y on true
)

select
    'file_unanswered',
    'transmission',
    s.transmission_id::text,
    r.source,
    s.total_charge,
    jsonb_strip_nulls(jsonb_build_object(
        'kind', s.kind, 'target', s.target, 'interchange', s.interchange, 'payer_id', s.payer_id, 'due_on', s.due_on
    ))
from sent as s
inner join operations.role as r on r.connection = s.target and r.role = 'payer'
inner join operations.freshness(%(seq)s) as f
    on f.source = r.source and f.feed = 'functional_acknowledgement'
where s.due_on < %(business_date)s and f.last_business_date >= s.due_on
    and not exists (
        select from w_verdict as a where a.source = r.source and a.number = ltrim(s.interchange, '0')
    )
    and not exists (
        select from core.eligibility_response as e
        inner join tasks.transmission_task as l on l.task_id::text = e.trace_number
        where l.transmission_id = s.transmission_id and e.retracted_seq is null
    );

-- A claim of ours that no 277CA and no remittance names, within its payer's time.
insert into w_unmatched
select
    'claim_unanswered',
    'claim',
    k.patient_control_number,
    r.source,
    k.total_charge,
    jsonb_build_object('payer_id', k.payer_id, 'due_on', d.due_on)
from tasks.claim as k
inner join tasks.claim_batch as b on b.batch_id = k.batch_id
inner join tasks.transmission as x on x.effect_key = 'claim_batch|' || b.batch_id::text and x.outcome = 'accepted'
inner join operations.night as n on n.seq = x.outcome_seq
inner join operations.role as r on r.connection = x.target and r.role = 'payer'
inner join operations.freshness(%(seq)s) as f on f.source = r.source and f.feed = 'claim_response'
cross join lateral (
    select cases.add_business_days(
        cases.local_day(n.cut_off), coalesce((
            select v.value::int from cases.setting as v
            where v.name = 'payer_claim_answer_days' and v.key = k.payer_id
        ), %(claim_answer_days)s)
    ) as due_on
) as d
where k.status = 'sent' and n.cut_off > %(as_of)s - interval '60 days'
    and d.due_on < %(business_date)s and f.last_business_date >= d.due_on
    and not exists (
        select from core.claim_response as a
        where a.patient_control_number = k.patient_control_number and a.retracted_seq is null
    )
    and not exists (
        select from core.payment as p
        where p.patient_control_number = k.patient_control_number and p.retracted_seq is null
    );
