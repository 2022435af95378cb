-- reads: cases.do_not_bill, cases.visit_charge, evidence.coverage, evidence.practitioner, evidence.visit,
--     identity.link, operations.night, tasks.claim, tasks.claim_batch, tasks.impossible_claim, tasks.task,
--     tasks.transmission
-- makes: w_fallen
-- changes: tasks.claim, tasks.claim_batch

-- Batches of claims that must not be sent as they are, because the task of one of their claims ended, its case does
-- not support it any more, its visit cannot have been on its day, its person is in doubt, the clinician's charge or the coverage has changed, or another
-- system than the file's receiver now serves the payer, or because it is only observed now. For a batch that was already handed over it is too late: an error in it is an overpayment or a
-- correction.
create temp table w_fallen on commit drop as
select k.patient_control_number, k.batch_id, o.is_observed
from tasks.claim_batch as b
inner join tasks.claim as k on k.batch_id = b.batch_id
-- what is only observed since, is in no file
cross join lateral (
    select coalesce(bool_and(tasks.is_observed(
        (select max(n.seq) from operations.night as n where n.status <> 'void'), t.task_id, b.source || '|payer'
    )), false) as is_observed
    from tasks.task as t
    where t.effect_key = k.effect_key and t.closed_seq is null
) as o
where b.status in ('waiting', 'released')
    and not exists (
        select from tasks.transmission as x
        where x.effect_key = 'claim_batch|' || b.batch_id::text and x.sent_at is not null
    )
    and (
        o.is_observed
        or operations.payer_system(b.payer_id, b.billing_npi) is null
        or b.source <> operations.payer_system(b.payer_id, b.billing_npi)
        or not exists (
            select from tasks.task as t
            where t.effect_key = k.effect_key and t.closed_seq is null
                and not exists (select from cases.do_not_bill as n where n.case_id = t.case_id)
        )
        or exists (
            select from tasks.impossible_claim as i where i.patient_control_number = k.patient_control_number
        )
        or exists (
            select from identity.link as own
            inner join identity.link as d on d.source = own.source and d.source_id = own.source_id
            where own.person_id = k.person_id and own.retired_seq is null
                and d.status = 'doubt' and d.retired_seq is null
        )
        or exists (
            select from jsonb_array_elements(k.content -> 'lines') as l (line)
            where not exists (
                select from cases.visit_charge as c
                inner join evidence.visit as e
                    on e.source = k.encounter_source and e.source_id = k.encounter_id
                    and e.retracted_seq is null
                where c.encounter_id = k.encounter_id and c.encounter_source = k.encounter_source
                    and c.source = coalesce(l.line ->> 'charge_source', k.encounter_source)
                    and c.source_id = l.line ->> 'charge_item'
                    and c.retracted_seq is null
                    and c.differs is null
                    and (
                        c.status = 'billable'
                        or exists (
                            select from tasks.claim as o
                            where o.effect_key = k.effect_key and o.batch_id is not null
                                and o.status = 'withdrawn'
                        )
                    )
                    and c.code = l.line ->> 'code'
                    and to_jsonb(c.modifiers) = l.line -> 'modifiers'
                    and c.quantity = (l.line ->> 'units')::numeric
                    and c.amount = (l.line ->> 'charge')::numeric
                    and to_jsonb(c.diagnoses) = l.line -> 'diagnoses'
                    and (
                        c.performer_id = l.line ->> 'performer'
                        or (
                            c.source <> k.encounter_source
                            and exists (
                                select from evidence.practitioner as d
                                where d.source = k.encounter_source and d.source_id = l.line ->> 'performer'
                                    and d.npi = c.performer_id and d.retracted_seq is null
                            )
                        )
                    )
                    and cases.local_day(
                        coalesce(c.occurred_at, e.starts_at), cases.zone_of_place(e.source, e.location_id)
                    ) = (l.line ->> 'service_on')::date
            )
        )
        -- the member was not covered by this payer on the day of the service
        or not exists (
            select from evidence.visit as e
            inner join evidence.coverage as a
                on a.subject_source = e.subject_source and a.subject_id = e.subject_id
                and a.retracted_seq is null
            where e.source = k.encounter_source and e.source_id = k.encounter_id and e.retracted_seq is null
                and a.payer_id = k.payer_id
                and a.member_id = k.content -> 'subscriber' ->> 'member_id'
                and coalesce(a.starts_on, '-infinity') <= (k.content ->> 'service_on')::date
                and coalesce(a.ends_on, 'infinity') >= (k.content ->> 'service_on')::date
        )
        or (
            select count(*) from cases.visit_charge as c
            where c.encounter_source = k.encounter_source and c.encounter_id = k.encounter_id and c.retracted_seq is null
        ) <> jsonb_array_length(k.content -> 'lines')
    );

update tasks.claim as k
set status = case
        when exists (
            select from w_fallen as f where f.patient_control_number = k.patient_control_number
        ) then 'withdrawn'
        else 'prepared'
    end,
    batch_id = null
where k.batch_id in (select f.batch_id from w_fallen as f);

select tasks.set_outcome(
    x.transmission_id, 'withheld', (select max(n.seq) from operations.night as n where n.status <> 'void'), case when f.is_observed then 'observed' else 'a claim of it fell' end
)
from (select w.batch_id, bool_and(w.is_observed) as is_observed from w_fallen as w group by w.batch_id) as f
inner join tasks.transmission as x on x.effect_key = 'claim_batch|' || f.batch_id::text
where x.outcome = 'intended' and x.kind = 'claim_batch';

update tasks.claim_batch as b
set status = 'refused'
where b.batch_id in (select f.batch_id from w_fallen as f)
returning b.batch_id;
