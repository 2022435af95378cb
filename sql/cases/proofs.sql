-- reads: w_case, w_decision, w_fact, w_rule, w_serving, w_visit_claim
-- makes: w_proof, w_booking, w_charge, w_claim, w_answer, w_money

-- What proves each stage: one statement per kind of proof, over all workflows at once.
-- Only a current fact of a system of record proves a stage.
create temp table w_proof (
    case_id uuid not null,
    position int not null,
    stage text not null,
    proof text not null,
    fact_id uuid,
    proven_at timestamptz not null,
    encounter text,
    pcn text,
    detail jsonb not null default '{}'::jsonb
) on commit drop;

-- contact: a two-way contact after the event, with its outcome
insert into w_proof
select distinct on (c.case_id)
    c.case_id, r.position, r.stage, r.proof, f.fact_id, f.occurred_at, null, null,
    jsonb_build_object('outcome', f.code)
from w_case as c
inner join w_rule as r
    on r.workflow = c.workflow and r.version = c.version and r.proof = 'contact'
inner join w_fact as f on f.person_id = c.person_id and f.kind = 'contact' and f.code = 'reached'
where f.occurred_at >= c.contact_from
    and cases.local_day(f.occurred_at, c.zone) <= c.trigger_on + r.window_days
order by c.case_id, f.occurred_at, f.source_ref, f.fact_id;

-- visit: a finished encounter with a practitioner who may bill it
insert into w_proof
select distinct on (c.case_id)
    c.case_id, v.position, v.stage, v.proof, v.fact_id, v.occurred_at, v.encounter, null,
    jsonb_strip_nulls(jsonb_build_object(
        'practitioner_npi', v.detail ->> 'practitioner_npi',
        'practitioner_id', v.detail ->> 'practitioner_id',
        'appointment', v.identifiers ->> 'appointment',
        'days', v.on_day - c.trigger_on
    ))
from w_case as c
inner join w_serving as v on v.person_id = c.person_id and v.workflow = c.workflow and v.version = c.version
where v.occurred_at >= c.trigger_at
    and v.on_day <= c.trigger_on + v.window_days
order by c.case_id, v.is_charged_as_such desc, v.occurred_at, v.fact_id;

-- A case that a visit opened has its visit from the start.
insert into w_proof
select c.case_id, 0, 'visit', 'visit', f.fact_id, f.occurred_at, f.encounter, null,
    jsonb_strip_nulls(jsonb_build_object(
        'practitioner_npi', f.detail ->> 'practitioner_npi',
        'practitioner_id', f.detail ->> 'practitioner_id'
    ))
from w_case as c
inner join w_fact as f
    on f.person_id = c.person_id and f.source_ref = c.trigger_ref and f.kind = 'visit'
where c.trigger_rule ? 'unbilled';

-- The appointments that may serve a case: booked or kept, of the right type, with a billable practitioner.
create temp table w_booking on commit drop as
select c.case_id, f.fact_id, f.occurred_at, f.starts_at, f.zone, f.identifiers, f.detail
from w_case as c
inner join w_rule as r
    on r.workflow = c.workflow and r.version = c.version and r.proof = 'booking'
inner join w_fact as f on f.person_id = c.person_id and f.kind in ('booking', 'arrived')
where f.starts_at >= c.trigger_at
    and f.on_day <= c.trigger_on + r.window_days
    and (cardinality(r.visit_types) = 0 or f.detail ->> 'visit_type' = any(r.visit_types))
    and not coalesce(f.detail ->> 'visit_type' = any(r.not_visit_types), false)
    and coalesce((f.detail ->> 'is_billable_practitioner')::boolean, true);

create index on w_booking (case_id);

-- booking: any of these appointments; a booking request proves nothing
insert into w_proof
select distinct on (c.case_id)
    c.case_id, r.position, r.stage, r.proof, f.fact_id, f.occurred_at, null, null,
    jsonb_strip_nulls(jsonb_build_object(
        'starts_at', f.starts_at,
        'appointment', f.identifiers ->> 'appointment',
        'visit_type', f.detail ->> 'visit_type'
    ))
from w_case as c
inner join w_rule as r
    on r.workflow = c.workflow and r.version = c.version and r.proof = 'booking'
inner join w_booking as f on f.case_id = c.case_id
left join w_proof as v on v.case_id = c.case_id and v.proof = 'visit' and v.position > 0
order by
    c.case_id, (v.detail ->> 'appointment' = f.identifiers ->> 'appointment') desc nulls last,
    f.starts_at, f.fact_id;

-- note: signed and authenticated, of the required type, for that encounter
insert into w_proof
select distinct on (c.case_id)
    c.case_id, r.position, r.stage, r.proof, f.fact_id, f.occurred_at, v.encounter, null, '{}'::jsonb
from w_case as c
inner join w_rule as r on r.workflow = c.workflow and r.version = c.version and r.proof = 'note'
inner join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
inner join w_fact as f
    on f.encounter = v.encounter and f.kind = 'note' and f.person_id = c.person_id
    and f.code = any(r.note_types)
order by c.case_id, f.occurred_at, f.source_ref, f.fact_id;

-- The visit's own documented charge: the only source of codes. The level is the charge's; if it says none, the one that
-- a named person stated of the visit's signed note.
create temp table w_charge on commit drop as
select
    v.case_id,
    sum(f.amount) filter (where not f.detail ? 'no_charge_reason') as amount,
    array_agg(f.code order by f.code, f.fact_id) filter (where not f.detail ? 'no_charge_reason') as codes,
    coalesce(
        (array_agg(f.detail ->> 'mdm' order by
            array_position(array['high', 'moderate', 'low', 'straightforward'], f.detail ->> 'mdm')
        ) filter (where f.detail ? 'mdm'))[1],
        (array_agg(d.code) filter (where d.code is not null))[1]
    ) as level,
    bool_and(f.detail ? 'no_charge_reason') as is_no_charge,
    bool_or(coalesce((f.detail ->> 'global_period')::boolean, false)) as is_global,
    bool_or(coalesce((f.detail ->> 'self_pay_restricted')::boolean, false)) as is_restricted
from w_proof as v
inner join w_case as c on c.case_id = v.case_id
inner join w_fact as f
    on f.encounter = v.encounter and f.kind = 'charge' and f.person_id = c.person_id
left join lateral (
    select s.code
    from w_fact as s
    where s.encounter = v.encounter and s.kind = 'decision' and s.detail ->> 'about' = 'level'
        and s.person_id = c.person_id
    order by s.known_seq desc, s.fact_id
    limit 1
) as d on true
where v.proof = 'visit'
group by v.case_id;

create unique index on w_charge (case_id);

-- eligibility: the payer's newest answer that the person is covered, requested after the case was due.
-- The code is the one payable on the day of the visit or, without a visit, on the day of the answer.
insert into w_proof
select
    a.case_id, a.position, a.stage, a.proof, a.fact_id, a.occurred_at, null, null,
    jsonb_strip_nulls(jsonb_build_object(
        'code', case
            when a.first_year_on <= a.on_day then a.codes ->> 'first_year'
            when a.first_on <= a.on_day then a.codes ->> 'first'
            when a.next_on <= a.on_day then a.codes ->> 'next'
        end,
        'next_on', least(a.first_year_on, a.first_on, a.next_on)
    ))
from (
    select distinct on (c.case_id)
        c.case_id, r.position, r.stage, r.proof, f.fact_id, f.occurred_at,
        c.trigger_rule -> 'codes' as codes,
        coalesce(cases.local_day(v.proven_at, c.zone), greatest(c.trigger_on, f.on_day)) as on_day,
        case when coalesce(cases.local_day(v.proven_at, c.zone), greatest(c.trigger_on, f.on_day)) < coalesce(
            (f.detail ->> 'part_b_from')::date
            + make_interval(months => (c.trigger_rule ->> 'first_year_months')::int), 'infinity'
        ) then (f.detail ->> concat('next_', lower(c.trigger_rule -> 'codes' ->> 'first_year'), '_on'))::date end
        as first_year_on,
        (f.detail ->> concat('next_', lower(c.trigger_rule -> 'codes' ->> 'first'), '_on'))::date as first_on,
        (f.detail ->> concat('next_', lower(c.trigger_rule -> 'codes' ->> 'next'), '_on'))::date as next_on
    from w_case as c
    inner join w_rule as r
        on r.workflow = c.workflow and r.version = c.version and r.proof = 'eligibility'
    inner join w_fact as f
        on f.person_id = c.person_id and f.kind = 'eligibility' and f.code = 'active'
    left join w_proof as v on v.case_id = c.case_id and v.proof = 'visit'
    where f.on_day between greatest(c.trigger_on, c.opened_on) - 30 and c.trigger_on + r.window_days
    order by c.case_id, f.occurred_at desc, f.source_version desc, f.fact_id
) as a;

-- The claims of the visit (claims.sql), from any submitter. The latest version of a claim counts; a voided
-- one (frequency 8) does not.
create temp table w_claim on commit drop as
with sent as (
    select
        v.case_id,
        f.pcn,
        f.occurred_at,
        f.source_version,
        f.source_ref,
        f.code,
        f.amount,
        f.detail
    from w_proof as v
    inner join w_case as c on c.case_id = v.case_id
    inner join w_visit_claim as k on k.person_id = c.person_id and k.encounter = v.encounter
    inner join w_fact as f on f.person_id = c.person_id and f.kind = 'claim' and f.pcn = k.pcn
    where v.proof = 'visit'
),

newest as (
    select case_id, pcn, max(occurred_at) as occurred_at, min(occurred_at) as first_at
    from sent
    group by case_id, pcn
)

select
    n.case_id,
    n.pcn,
    n.first_at as submitted_at,
    n.occurred_at as resubmitted_at,
    max(s.detail ->> 'submitter') as submitter,
    coalesce(max((s.detail ->> 'total')::numeric), sum(s.amount)) as total,
    max(s.detail ->> 'payer_id') as payer_id,
    array_agg(distinct s.code) as codes
from newest as n
inner join sent as s on s.case_id = n.case_id and s.pcn = n.pcn and s.occurred_at = n.occurred_at
group by n.case_id, n.pcn, n.first_at, n.occurred_at
having bool_and(coalesce(s.detail ->> 'frequency', '1') <> '8');

create index on w_claim (case_id);

-- claim: acceptance by the payer (277CA A2); syntax checks and forwarding do not count. A payer that has
-- adjudicated a claim has accepted it. The payer's latest answer counts.
create temp table w_answer on commit drop as
select
    k.case_id,
    k.pcn,
    k.submitted_at,
    k.resubmitted_at,
    k.total,
    k.payer_id,
    k.codes,
    case when a.occurred_at >= coalesce(x.occurred_at, '-infinity') then a.fact_id end as accepted_id,
    case when a.occurred_at >= coalesce(x.occurred_at, '-infinity') then a.occurred_at end as accepted_at,
    -- rejected, and not sent again on a later day
    case
        when cases.local_day(k.resubmitted_at) <= x.on_day
            and x.occurred_at > coalesce(a.occurred_at, '-infinity') then x.occurred_at
    end as rejected_at,
    x.code as rejected_code,
    x.on_day as last_rejected_on,
    m.fact_id as paid_id,
    m.occurred_at as paid_at
from w_claim as k
left join lateral (
    select f.fact_id, f.occurred_at from w_fact as f
    where f.pcn = k.pcn and f.kind = 'claim_accepted'
    order by f.occurred_at desc, f.source_ref, f.fact_id limit 1
) as a on true
left join lateral (
    select f.occurred_at, f.on_day, f.code from w_fact as f
    where f.pcn = k.pcn and f.kind = 'claim_rejected'
    order by f.occurred_at desc, f.source_ref, f.fact_id limit 1
) as x on true
left join lateral (
    select f.fact_id, f.occurred_at from w_fact as f
    where f.pcn = k.pcn and f.kind = 'remittance' and f.detail ->> 'clp_status' not in ('4', '22')
    order by f.occurred_at, f.source_ref, f.fact_id limit 1
) as m on true;

insert into w_proof
select distinct on (c.case_id)
    c.case_id, r.position, r.stage, r.proof, coalesce(a.accepted_id, a.paid_id),
    coalesce(a.accepted_at, a.paid_at), null, a.pcn,
    jsonb_build_object('submitted_at', a.submitted_at, 'total', a.total, 'codes', to_jsonb(a.codes))
from w_case as c
inner join w_rule as r on r.workflow = c.workflow and r.version = c.version and r.proof = 'claim'
inner join w_answer as a on a.case_id = c.case_id
where (a.accepted_id is not null or a.paid_id is not null)
    and (cardinality(r.claim_codes) = 0 or a.codes && r.claim_codes)
order by c.case_id, a.accepted_at nulls last, a.submitted_at, a.pcn;

-- settlement: payer payments + contractual adjustment + patient share resolved = charge
create temp table w_money on commit drop as
select
    p.case_id,
    p.pcn,
    k.total as charge,
    count(f.fact_id) filter (where f.kind = 'remittance') as remittances,
    -- a remittance that was not reversed
    count(f.fact_id) filter (where f.kind = 'remittance' and f.detail ->> 'clp_status' not in ('4', '22'))
    > count(f.fact_id) filter (where f.kind = 'remittance' and f.detail ->> 'clp_status' = '22')
    as settles,
    count(f.fact_id) filter (where f.kind = 'remittance' and f.detail ->> 'clp_status' not in ('4', '22'))
    <= count(f.fact_id) filter (where f.kind = 'remittance' and f.detail ->> 'clp_status' = '22')
    and bool_or(f.kind = 'remittance' and f.detail ->> 'clp_status' = '22')
    as is_reversed,
    coalesce(sum(f.amount) filter (where f.kind = 'remittance'), 0) as paid,
    coalesce(sum((f.detail ->> 'contractual')::numeric) filter (where f.kind = 'remittance'), 0)
    as contractual,
    coalesce(sum((f.detail ->> 'patient_responsibility')::numeric) filter (
        where f.kind = 'remittance' and f.detail ->> 'clp_status' not in ('2', '3', '20', '21')
    ), 0) as patient_share,
    coalesce(sum((f.detail ->> 'denied')::numeric) filter (where f.kind = 'remittance'), 0) as denied,
    coalesce(sum((f.detail ->> 'other')::numeric) filter (
        where f.kind = 'remittance' and f.detail ->> 'clp_status' not in ('2', '3', '20', '21')
    ), 0) as other,
    coalesce(sum(f.amount) filter (where f.kind = 'patient_payment'), 0) as patient_paid,
    coalesce(sum(f.amount) filter (where f.kind = 'write_off'), 0) as written_off,
    max(f.occurred_at) filter (
        where f.kind in ('remittance', 'patient_payment', 'write_off')
    ) as last_at,
    -- of several remittances on one day, take the one that pays, not the reversal next to it
    (array_agg(
        f.fact_id order by f.occurred_at desc, (f.detail ->> 'clp_status') is not distinct from '22', f.source_ref, f.fact_id
    ) filter (
        where f.kind in ('remittance', 'patient_payment', 'write_off')
    ))[1] as last_id
from w_proof as p
left join w_answer as k on k.case_id = p.case_id and k.pcn = p.pcn
left join w_fact as f
    on f.pcn = p.pcn and f.kind in ('remittance', 'patient_payment', 'write_off')
where p.proof = 'claim'
group by p.case_id, p.pcn, k.total;

alter table w_money add column balance numeric;

update w_money as m
set balance = m.charge - m.paid - m.contractual - m.other - m.patient_paid - m.written_off
    - coalesce((
        select sum(d.amount) from w_decision as d
        where d.case_id = m.case_id and d.action = 'write_off'
    ), 0);

insert into w_proof
select c.case_id, r.position, r.stage, r.proof, m.last_id, m.last_at, null, m.pcn,
    jsonb_build_object('paid', m.paid, 'balance', m.balance)
from w_case as c
inner join w_rule as r
    on r.workflow = c.workflow and r.version = c.version and r.proof = 'settlement'
inner join w_money as m on m.case_id = c.case_id
where m.remittances > 0 and m.settles and m.balance <= 0 and m.last_id is not null;

create index on w_proof (case_id, position);

analyze w_proof;
