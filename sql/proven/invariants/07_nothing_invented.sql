-- reads: core.charge_item, core.encounter, core.practitioner, evidence.fact, identity.link,
--     operations.decision, operations.night, operations.opened, operations.shown, pg_trigger,
--     tasks.batch_list, tasks.claim, tasks.claim_batch, tasks.claim_support, tasks.transmission

-- claim_says_other_than_charge: A line of a claim of ours is not a charge that the clinician documented for
-- this visit: code, modifiers, units, money, day or diagnoses differ from what was known when it was made.
select
    'claim' as about_kind,
    k.patient_control_number as about_id,
    'line ' || l.place || case when c.source_id is null then ': no such charge' else ': other than the charge' end
        as detail
from tasks.claim as k
cross join lateral jsonb_array_elements(k.content -> 'lines') with ordinality as l (line, place)
left join core.charge_item as c
    on
        c.source = coalesce(l.line ->> 'charge_source', k.encounter_source)
        and c.source_id = l.line ->> 'charge_item'
        and c.known_seq <= k.planned_seq
        and (c.retracted_seq is null or c.retracted_seq > k.planned_seq)
        and not c.is_deleted
        and (
            (c.source = k.encounter_source and c.encounter_id = k.encounter_id)
            -- another system, or another record of the visit, names it: it is the person's, and so is a visit of its number
            or exists (
                select from identity.link as own
                inner join identity.link as n on n.person_id = own.person_id and n.status = 'active'
                inner join core.encounter as v on v.subject_source = n.source and v.subject_id = n.source_id
                where
                    own.source = c.subject_source and own.source_id = c.subject_id
                    and own.person_id = k.person_id and own.status = 'active'
                    and v.known_seq <= k.planned_seq
                    and (
                        coalesce(c.visit_number, c.encounter_id) in (v.visit_number, v.source_id)
                        or (v.source = c.source and v.source_id = c.encounter_id)
                    )
            )
        )
        and c.status in ('billable', 'billed')
left join core.encounter as e
    on
        e.source = k.encounter_source
        and e.source_id = k.encounter_id
        and e.known_seq <= k.planned_seq
        and (e.retracted_seq is null or e.retracted_seq > k.planned_seq)
left join lateral (
    select array_agg(k.content -> 'diagnoses' ->> (p.pointer::int - 1) order by p.place) as codes
    from jsonb_array_elements_text(l.line -> 'pointers') with ordinality as p (pointer, place)
) as d on true
where
    (%(seq)s::bigint is null or k.planned_seq = %(seq)s::bigint)
    and (
        c.source_id is null
        or c.code is distinct from l.line ->> 'code'
        or to_jsonb(c.modifiers) is distinct from l.line -> 'modifiers'
        or c.quantity is distinct from (l.line ->> 'units')::numeric
        or c.amount is distinct from (l.line ->> 'charge')::numeric
        or cases.local_day(coalesce(c.occurred_at, e.starts_at), cases.zone_of_place(e.source, e.location_id))
        is distinct from (l.line ->> 'service_on')::date
        or c.diagnoses[1:4] is distinct from coalesce(d.codes, '{}'::text[])
    );

-- claim_has_other_diagnoses: A claim of ours names diagnoses that are not those of its charges.
select
    'claim' as about_kind,
    k.patient_control_number as about_id,
    jsonb_array_length(k.content -> 'diagnoses') || ' diagnoses' as detail
from tasks.claim as k
left join lateral (
    select array_agg(distinct g.code order by g.code) as codes
    from jsonb_array_elements(k.content -> 'lines') as l (line)
    inner join core.charge_item as c
        on
            c.source = coalesce(l.line ->> 'charge_source', k.encounter_source)
            and c.source_id = l.line ->> 'charge_item'
            and c.known_seq <= k.planned_seq
            and (c.retracted_seq is null or c.retracted_seq > k.planned_seq)
    cross join lateral unnest(c.diagnoses) as g (code)
) as t on true
left join lateral (
    select array_agg(distinct d.code order by d.code) as codes
    from jsonb_array_elements_text(k.content -> 'diagnoses') as d (code)
) as s on true
where (%(seq)s::bigint is null or k.planned_seq = %(seq)s::bigint) and t.codes is distinct from s.codes;

-- claim_by_another_practitioner: A claim of ours is not in the name of the one who documented its charges.
select
    'claim' as about_kind,
    k.patient_control_number as about_id,
    coalesce(count(distinct c.performer_id), 0) || ' practitioners' as detail
from tasks.claim as k
cross join lateral jsonb_array_elements(k.content -> 'lines') as l (line)
inner join core.charge_item as c
    on
        c.source = coalesce(l.line ->> 'charge_source', k.encounter_source)
        and c.source_id = l.line ->> 'charge_item'
        and c.known_seq <= k.planned_seq
        and (c.retracted_seq is null or c.retracted_seq > k.planned_seq)
left join core.practitioner as p
    on
        p.source = k.encounter_source
        and (p.source_id = c.performer_id or (c.source <> k.encounter_source and p.npi = c.performer_id))
        and p.known_seq <= k.planned_seq
        and (p.retracted_seq is null or p.retracted_seq > k.planned_seq)
        and not p.is_deleted
where %(seq)s::bigint is null or k.planned_seq = %(seq)s::bigint
group by k.patient_control_number
having bool_or(p.npi is null or p.npi is distinct from k.content ->> 'rendering_npi');

-- claim_does_not_add_up: A claim of ours has no lines, has one charge twice, or does not equal the sum of its lines.
select
    'claim' as about_kind,
    k.patient_control_number as about_id,
    count(l.line) || ' lines' as detail
from tasks.claim as k
left join lateral jsonb_array_elements(k.content -> 'lines') as l (line) on true
where %(seq)s::bigint is null or k.planned_seq = %(seq)s::bigint
group by k.patient_control_number
having
    count(l.line) = 0
    or count(distinct concat_ws('|', l.line ->> 'charge_source', l.line ->> 'charge_item')) <> count(l.line)
    or sum((l.line ->> 'charge')::numeric) is distinct from k.total_charge;

-- batch_holds_other_claims: A batch was shown to a person with other claims or money than it holds.
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    b.claim_count || ' shown, ' || count(k.patient_control_number) || ' held' as detail
from tasks.claim_batch as b
left join tasks.claim as k on k.batch_id = b.batch_id
where
    (%(seq)s::bigint is null or b.planned_seq = %(seq)s::bigint)
    and b.status in ('waiting', 'released', 'sent')
group by b.batch_id
having
    count(k.patient_control_number) <> b.claim_count
    or coalesce(sum(k.total_charge), 0) <> b.total_charge;

-- claims_released_by_nobody: A batch of claims counts as released, but no named person released these bytes.
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    b.status as detail
from tasks.claim_batch as b
left join operations.decision as d
    on
        d.decision_id = b.decision_id
        and d.kind = 'release'
        and d.about_kind = 'claim_batch'
        and d.about_id = b.batch_id::text
        and d.decided_by <> ''
where b.status in ('released', 'sent') and d.detail ->> 'sha256' is distinct from b.payload_sha256
union all
select
    'claim' as about_kind,
    k.patient_control_number as about_id,
    k.status as detail
from tasks.claim as k
left join tasks.claim_batch as b on b.batch_id = k.batch_id
where
    (%(seq)s::bigint is null or k.planned_seq = %(seq)s::bigint)
    and k.status in ('released', 'sent')
    and coalesce(b.status, '') not in ('released', 'sent');

-- other_bytes_than_shown: A batch of claims was released, or went out, with other bytes than a question had shown.
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    case when q.shown_id is null then 'never shown' else 'sent otherwise' end as detail
from tasks.claim_batch as b
left join operations.decision as d on d.decision_id = b.decision_id
left join tasks.transmission as x
    on x.effect_key = 'claim_batch|' || b.batch_id::text and x.outcome <> 'withheld'
left join lateral (
    select s.shown_id from operations.shown as s
    where
        s.about_kind = 'claim_batch' and s.about_id = b.batch_id::text
        and s.digest = coalesce(d.detail ->> 'digest', d.detail ->> 'sha256')
    order by s.shown_at
    limit 1
) as q on true
where
    b.status in ('released', 'sent')
    and (
        (q.shown_id is null and coalesce(d.door, 'question') in ('question', 'before'))
        or x.payload_sha256 <> d.detail ->> 'sha256'
        or encode(sha256(x.payload), 'hex') <> d.detail ->> 'sha256'
    );

-- attested_unopened: A batch of claims was released by a person who had not opened its list in that state before.
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    'released by one who had not opened it' as detail
from tasks.claim_batch as b
inner join operations.decision as d on d.decision_id = b.decision_id and d.kind = 'release'
where
    (%(seq)s::bigint is null or d.known_seq is null or d.known_seq = %(seq)s::bigint)
    and b.status in ('released', 'sent')
    and not exists (
        select from operations.opened as o
        where
            o.about_kind = 'claim_batch' and o.about_id = b.batch_id::text and o.who = d.decided_by
            and o.digest = coalesce(d.detail ->> 'digest', d.detail ->> 'sha256')
            and (o.opened_at <= d.decided_at or o.door = 'before')
    );

-- attested_another_list: A batch of claims was released under a digest that is not that of its file and the list kept.
select
    'claim_batch' as about_kind,
    b.batch_id::text as about_id,
    case when l.digest is null then 'no list kept' else 'another list' end as detail
from tasks.claim_batch as b
inner join operations.decision as d on d.decision_id = b.decision_id and d.kind = 'release'
left join tasks.batch_list as l on l.batch_id = b.batch_id and l.digest = d.detail ->> 'digest'
where
    (%(seq)s::bigint is null or d.known_seq is null or d.known_seq = %(seq)s::bigint)
    and b.status in ('released', 'sent')
    and d.detail ? 'digest'
    and (l.digest is null or encode(sha256(b.payload || convert_to(l.told, 'UTF8')), 'hex') <> l.digest);

-- claim_without_support: A claim was handed over although its case did not support it, or nobody asked.
select
    'claim' as about_kind,
    k.patient_control_number as about_id,
    coalesce(min(s.do_not_bill), 'nobody asked') as detail
from tasks.transmission as x
inner join tasks.claim as k on x.effect_key = 'claim_batch|' || k.batch_id::text
left join tasks.claim_support as s
    on s.batch_id = k.batch_id and s.patient_control_number = k.patient_control_number
where
    (%(seq)s::bigint is null or x.planned_seq = %(seq)s::bigint)
    and x.kind = 'claim_batch' and x.outcome <> 'withheld'
group by k.patient_control_number
having not coalesce(bool_or(s.case_id is not null and s.do_not_bill is null), false);

-- claim_of_an_impossible_day: A claim was handed over for a day on which, as was known then, the patient was dead or not
-- born, or which was still to come.
select
    'claim' as about_kind,
    k.patient_control_number as about_id,
    i.why as detail
from tasks.transmission as x
inner join tasks.claim as k on x.effect_key = 'claim_batch|' || k.batch_id::text
left join operations.night as n on n.seq = x.planned_seq
cross join lateral (
    select min((l.line ->> 'service_on')::date) as first_on, max((l.line ->> 'service_on')::date) as last_on
    from jsonb_array_elements(k.content -> 'lines') as l (line)
) as d
left join lateral (
    select min(coalesce((f.detail ->> 'by')::date, cases.local_day(f.occurred_at))) as died_by
    from identity.link as l
    inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'death'
    where
        l.person_id = k.person_id and l.status = 'active'
        and l.known_seq <= x.planned_seq and (l.retired_seq is null or l.retired_seq > x.planned_seq)
        and f.known_seq <= x.planned_seq and (f.retracted_seq is null or f.retracted_seq > x.planned_seq)
) as p on true
cross join lateral (
    -- the days of a site may be ahead of the practice's
    select cases.impossible_day(
        d.first_on, d.last_on, (k.content -> 'subscriber' ->> 'birth_date')::date, p.died_by,
        cases.local_day(n.cut_off) + 1
    ) as why
) as i
where
    (%(seq)s::bigint is null or x.planned_seq = %(seq)s::bigint)
    and x.kind = 'claim_batch' and x.outcome <> 'withheld' and i.why is not null;

-- release_can_be_skipped: The trigger that blocks claims without a named release is missing or disabled.
select
    'table' as about_kind,
    'tasks.transmission' as about_id,
    'claims need no release' as detail
where not exists (
    select from pg_trigger as t
    where
        t.tgrelid = 'tasks.transmission'::regclass
        and t.tgname = 'claims_need_release'
        and t.tgenabled in ('O', 'A')
);
