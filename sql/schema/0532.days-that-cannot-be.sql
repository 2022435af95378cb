-- depends: 0531.what-a-stage-rests-on

-- When a patient died is said by the day, by the month, by the year, or not at all. What is certain is the last day on
-- which it may have been, by the source's own calendar.
alter table core.patient add column deceased_by date;
alter table staging.patient add column deceased_by date;

comment on column core.patient.deceased_by is 'The last day on which the patient may have died, by the source''s calendar: of a month or a year alone its last day. Null: the source says no date.';
comment on column staging.patient.deceased_by is 'The last day on which the patient may have died, by the source''s calendar: of a month or a year alone its last day. Null: the source says no date.';

-- Why a service cannot have been on its days: a wrong day, or the wrong patient. What is paid for a day of service after
-- the death is an overpayment (HHS OIG, A-01-09-00519, September 2010); payers deny it, and one before the birth (claim
-- adjustment reasons 13 and 14; both read 2026-11-29).
create function cases.impossible_day(first_on date, last_on date, born_on date, died_by date, today date)
returns text
language sql immutable as $$
    select case
        when last_on > died_by then 'after_death'
        when first_on < born_on then 'before_birth'
        when last_on > today then 'in_future'
    end
$$;

comment on function cases.impossible_day(date, date, date, date, date) is 'Why a service of these days cannot have been: after_death, before_birth, in_future. Null: nothing known is against it. died_by is the last day on which the patient may have died.';

grant execute on function cases.impossible_day(date, date, date, date, date)
to throughline_loop, throughline_reader, throughline_decider;

create index fact_death on evidence.fact (subject_source, subject_id) where kind = 'death' and retracted_seq is null;

-- The claims for days that cannot have been, by what stands now: asked when a batch is shown, attested and sent, whether or
-- not a night has derived the case since.
create view tasks.impossible_claim as
select
    k.patient_control_number,
    d.first_on,
    d.last_on,
    i.why
from tasks.claim as k
inner join evidence.visit as e
    on e.source = k.encounter_source and e.source_id = k.encounter_id and e.retracted_seq is null
cross join lateral (
    select min((l.line ->> 'service_on')::date) as first_on, max((l.line ->> 'service_on')::date) as last_on
    from jsonb_array_elements(k.content -> 'lines') as l (line)
) as d
cross join lateral (
    select min(coalesce((f.detail ->> 'by')::date, cases.local_day(f.occurred_at))) as died_by
    from identity.link as own
    inner join identity.link as l
        on l.person_id = own.person_id and l.status = 'active' and l.retired_seq is null
    inner join evidence.fact as f
        on f.subject_source = l.source and f.subject_id = l.source_id and f.kind = 'death' and f.retracted_seq is null
    where own.source = e.subject_source and own.source_id = e.subject_id and own.status = 'active'
        and own.retired_seq is null
) as p
cross join lateral (
    select cases.impossible_day(
        d.first_on, d.last_on, (k.content -> 'subscriber' ->> 'birth_date')::date, p.died_by,
        (select cases.local_day(max(n.cut_off)) from operations.night as n where n.status <> 'void')
    ) as why
) as i
where i.why is not null;

revoke all on tasks.impossible_claim from throughline_loop, throughline_loader, throughline_reader;
grant select on tasks.impossible_claim to throughline_loop, throughline_reader, throughline_decider;
grant execute on function cases.local_day(timestamptz) to throughline_decider;

comment on view tasks.impossible_claim is 'Claims for days on which the service cannot have been: after the death of the patient, before the birth, or still to come. None is sent.';
comment on column tasks.impossible_claim.patient_control_number is 'The submitter''s number of the claim (CLM01).';
comment on column tasks.impossible_claim.first_on is 'The first day of service that the claim names.';
comment on column tasks.impossible_claim.last_on is 'The last day of service that the claim names.';
comment on column tasks.impossible_claim.why is 'after_death, before_birth or in_future.';

comment on column cases.do_not_bill.reason is 'charge_check: the charge is not what the documentation supports. eligibility_unknown: nobody knows what the payer covers. impossible_date: the visit cannot have been on its day.';
