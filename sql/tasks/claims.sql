-- reads: cases.do_not_bill, cases.setting, cases.visit_charge, evidence.billing_provider, evidence.coverage,
--     evidence.fact, evidence.practitioner, evidence.service_location, evidence.visit, identity.link,
--     identity.patient_record, operations.decision, operations.night, tasks.claim, tasks.claim_batch,
--     tasks.task
-- makes: w_claim_wanted, w_claim_line, w_claim_content
-- changes: tasks.claim

-- The claims that Throughline itself would submit: every open billing task on that route without a
-- current claim, with the claim's content. Codes, units, diagnoses and practitioner come from the
-- clinician's own charge. If something is missing, the first missing item is the reason for no claim.

-- The claims of a file that could not be told, and that a person threw away, are made anew.
update tasks.claim as k
set status = 'withdrawn', batch_id = null
from tasks.claim_batch as b
inner join operations.decision as d on d.decision_id = b.decision_id
where b.batch_id = k.batch_id and b.status = 'refused' and k.status = 'refused'
    and d.kind = 'refuse' and d.detail ? 'untold';

-- A claim that the payer certainly refused before adjudication can be replaced by another.
update tasks.claim as k
set status = 'withdrawn'
where k.status = 'sent'
    and exists (
        select from tasks.task as t
        where t.effect_key = k.effect_key and t.closed_seq is null and t.planned_seq > k.planned_seq
            and t.detail ->> 'route' = 'claim'
    )
    and exists (
        select from evidence.fact as f
        where f.identifiers ? 'patient_control_number'
            and f.identifiers ->> 'patient_control_number' = k.patient_control_number
            and f.kind = 'claim_rejected' and f.retracted_seq is null
    )
    and not exists (
        select from evidence.fact as f
        where f.identifiers ? 'patient_control_number'
            and f.identifiers ->> 'patient_control_number' = k.patient_control_number
            and f.kind in ('claim_accepted', 'remittance') and f.retracted_seq is null
    );

create temp table w_claim_wanted on commit drop as
select distinct on (t.effect_key)
    t.effect_key,
    t.task_id,
    t.case_id,
    t.person_id,
    t.workflow,
    evidence.source_of_visit(t.detail ->> 'encounter') as encounter_source,
    evidence.id_of_visit(t.detail ->> 'encounter') as encounter_id,
    t.detail ->> 'payer_id' as payer_id
from tasks.task as t
where t.closed_seq is null and t.planned_seq <= %(seq)s and t.kind = 'billing'
    and t.detail ->> 'route' = 'claim'
    -- sql/cases/asks.sql decides whether the documentation supports the charge, or a named person let
    -- it continue: if not, there is no claim
    and not exists (select from cases.do_not_bill as n where n.case_id = t.case_id)
    and not exists (
        select from tasks.claim as k
        where k.effect_key = t.effect_key and k.status in ('prepared', 'batched', 'released', 'sent')
    )
    and not tasks.is_observed(
        %(seq)s, t.task_id, operations.payer_system(t.detail ->> 'payer_id', null) || '|payer'
    )
order by t.effect_key, t.planned_seq, t.task_id;

-- Each charge line of the visit, with its diagnoses in the order in which the clinician gave them.
create temp table w_claim_line on commit drop as
select
    w.effect_key,
    c.source_id as charge_item,
    row_number() over (partition by w.effect_key order by c.amount desc nulls last, c.source_id) as line_no,
    c.code,
    c.modifiers,
    c.quantity as units,
    c.amount,
    c.diagnoses,
    cases.local_day(coalesce(c.occurred_at, e.starts_at), cases.zone_of_place(e.source, e.location_id)) as service_on,
    coalesce(p.source_id, c.performer_id) as performer_id,
    nullif(c.source, w.encounter_source) as charge_source,
    c.differs,
    c.status = 'billed' and not exists (
        select from tasks.claim as k
        where k.effect_key = w.effect_key and k.batch_id is not null and k.status = 'withdrawn'
    ) as is_billed
from w_claim_wanted as w
inner join evidence.visit as e
    on e.source = w.encounter_source and e.source_id = w.encounter_id and e.retracted_seq is null
inner join cases.visit_charge as c
    on c.encounter_source = w.encounter_source and c.encounter_id = w.encounter_id and c.retracted_seq is null
-- another system knows the chart's practitioners by their NPI, or by the chart's own numbers
left join lateral (
    select d.source_id from evidence.practitioner as d
    where c.source <> w.encounter_source and d.source = w.encounter_source and d.retracted_seq is null
        and c.performer_id in (d.source_id, d.npi)
    order by d.source_id = c.performer_id desc, d.source_id
    limit 1
) as p on true;

create temp table w_claim_content on commit drop as
with diagnosis as (
    select
        l.effect_key,
        d.code,
        min(l.line_no * 100 + d.place) as place
    from w_claim_line as l
    cross join lateral unnest(l.diagnoses) with ordinality as d (code, place)
    group by l.effect_key, d.code
),

listed as (
    select effect_key, array_agg(code order by place, code) as codes
    from diagnosis
    group by effect_key
),

charge as (
    select
        l.effect_key,
        count(*) as lines,
        count(distinct l.performer_id) as performers,
        min(l.performer_id) as performer_id,
        min(l.service_on) as service_on,
        max(l.service_on) as last_on,
        sum(l.amount) as total,
        bool_or(l.amount is null) as lacks_amount,
        bool_or(l.units is null) as lacks_units,
        bool_or(l.performer_id is null) as lacks_performer,
        bool_or(cardinality(l.diagnoses) = 0) as lacks_diagnosis,
        bool_or(l.is_billed) as is_billed,
        bool_or(l.differs is not null) as is_told_differently,
        -- two systems tell charges of this code, and nothing says whether they are the same
        bool_or(exists (
            select from w_claim_line as o
            where o.effect_key = l.effect_key and o.code = l.code
                and o.charge_source is distinct from l.charge_source
        )) as may_be_twice,
        jsonb_agg(jsonb_build_object(
            'line', l.line_no,
            'charge_item', l.charge_item,
            'code', l.code,
            'modifiers', to_jsonb(l.modifiers),
            'units', l.units,
            'charge', l.amount,
            'service_on', l.service_on,
            'diagnoses', to_jsonb(l.diagnoses),
            'performer', l.performer_id,
            'pointers', (
                select coalesce(jsonb_agg(p.place order by p.at), '[]'::jsonb)
                from (
                    select array_position(k.codes, d.code) as place, d.at
                    from unnest(l.diagnoses) with ordinality as d (code, at)
                    order by d.at
                    limit 4
                ) as p
            )
        ) || case
            when l.charge_source is null then '{}'::jsonb
            else jsonb_build_object('charge_source', l.charge_source)
        end order by l.line_no) as line_list
    from w_claim_line as l
    left join listed as k on k.effect_key = l.effect_key
    group by l.effect_key
)

select
    w.effect_key,
    w.task_id,
    w.case_id,
    w.person_id,
    w.encounter_source,
    w.encounter_id,
    w.payer_id,
    o.npi as billing_npi,
    c.total,
    case
        when c.lines is null then 'missing_charge'
        -- of what came since the case was derived
        when cases.impossible_day(
            c.service_on, c.last_on, p.birth_date, b.died_by,
            (select cases.local_day(max(n.cut_off)) from operations.night as n where n.status <> 'void')
        ) is not null then 'impossible_date'
        -- somebody else has claimed it: a second claim would be a double
        when c.is_billed then 'charge_check'
        when c.is_told_differently or c.may_be_twice then 'charge_check'
        when c.lacks_diagnosis or cardinality(k.codes) > 12 then 'missing_diagnosis'
        when c.performers <> 1 or c.lacks_performer or d.npi is null or not coalesce(d.is_billable, false)
            then 'missing_practitioner'
        when v.member_id is null then 'missing_coverage'
        when cardinality(m.missing) > 0 then 'missing_billing_data'
        when operations.payer_system(w.payer_id, o.npi) is null then 'no_receiver'
    end as problem,
    m.missing,
    jsonb_build_object(
        'lines', c.line_list,
        'diagnoses', to_jsonb(k.codes),
        'total', c.total,
        'service_on', c.service_on,
        'place_of_service', h.place_of_service,
        'rendering_npi', d.npi,
        'rendering', jsonb_build_object('family', d.family, 'given', d.given, 'taxonomy', d.taxonomy_code),
        'billing', jsonb_build_object(
            'npi', o.npi, 'tax_id', o.tax_id, 'name', o.name, 'address', o.address_line, 'city', o.city,
            'state', o.state, 'postal_code', o.postal_code, 'taxonomy', o.taxonomy_code
        ),
        'subscriber', jsonb_build_object(
            'member_id', v.member_id, 'family', p.family, 'given', p.given, 'birth_date', p.birth_date,
            'sex', p.sex, 'address', p.address_line, 'city', p.city, 'state', p.state,
            'postal_code', p.postal_code, 'mrn', p.mrn
        ),
        'payer', jsonb_build_object('id', w.payer_id, 'name', v.payer_name, 'filing_code', g.value)
    ) as content
from w_claim_wanted as w
left join charge as c on c.effect_key = w.effect_key
left join listed as k on k.effect_key = w.effect_key
left join evidence.visit as e
    on e.source = w.encounter_source and e.source_id = w.encounter_id and e.retracted_seq is null
left join evidence.billing_provider as o
    on o.source = e.source and o.source_id = e.service_provider_id and o.retracted_seq is null
left join evidence.service_location as h
    on h.source = e.source and h.source_id = e.location_id and h.retracted_seq is null
left join evidence.practitioner as d
    on d.source = w.encounter_source and d.source_id = c.performer_id and d.retracted_seq is null
left join identity.patient_record as p
    on p.source = e.subject_source and p.source_id = e.subject_id and p.retracted_seq is null
left join lateral (
    select a.member_id, a.payer_name
    from evidence.coverage as a
    where a.subject_source = e.subject_source and a.subject_id = e.subject_id and a.retracted_seq is null
        and a.payer_id = w.payer_id
        and coalesce(a.starts_on, '-infinity') <= c.service_on
        and coalesce(a.ends_on, 'infinity') >= c.service_on
    order by a.coverage_order nulls last, a.source_id
    limit 1
) as v on true
left join lateral (
    select min(coalesce((f.detail ->> 'by')::date, cases.local_day(f.occurred_at))) as died_by
    from identity.link as own
    inner join identity.link as l
        on l.person_id = own.person_id and l.status = 'active' and l.retired_seq is null
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'death' and f.retracted_seq is null
    where own.source = e.subject_source and own.source_id = e.subject_id and own.status = 'active'
        and own.retired_seq is null
) as b on true
left join cases.setting as g on g.name = 'payer_filing_code' and g.key = w.payer_id
cross join lateral (
    select array_remove(array[
        case when c.is_billed then 'charge not yet billed' end,
        case when c.is_told_differently then 'charge on which its systems agree' end,
        case when c.may_be_twice then 'charge told once, or under one number' end,
        case when c.lacks_amount then 'amount' end,
        case when c.lacks_units then 'units' end,
        case when o.npi is null then 'billing NPI' end,
        case when o.tax_id is null then 'tax id' end,
        case when o.name is null or o.address_line is null or o.city is null or o.state is null
            or o.postal_code is null then 'billing address' end,
        case when h.place_of_service is null then 'place of service' end,
        case when g.value is null then 'claim filing code' end,
        case when p.family is null or p.given is null or p.birth_date is null then 'name or birth date' end,
        case when p.address_line is null or p.city is null or p.state is null or p.postal_code is null
            then 'address' end
    ], null) as missing
) as m;

-- A refused claim is not offered again until its charge changes.
delete from w_claim_content as w
using tasks.claim as k
where k.effect_key = w.effect_key and k.status = 'refused' and k.content = w.content;

select
    w.effect_key, w.task_id, w.case_id, w.person_id, w.encounter_source, w.encounter_id, w.payer_id,
    w.billing_npi, w.total, w.problem, w.missing, w.content,
    (select count(*) from tasks.claim as k where k.effect_key = w.effect_key) as earlier
from w_claim_content as w
order by w.effect_key;
