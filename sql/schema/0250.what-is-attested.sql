-- depends: 0225.codes-that-are-counted 0230.paid-lines 0240.persons-not-reached

-- What was put before a person, so that what they answered, and what went out, can be held against it.
create table operations.shown (
    shown_id uuid primary key default gen_random_uuid(),
    about_kind text not null,
    about_id text not null,
    digest text not null,
    door text not null check (door in ('question', 'before')),
    shown_at timestamptz not null default clock_timestamp()
);

create unique index shown_once on operations.shown (about_kind, about_id, digest, door);

revoke update, delete on operations.shown from throughline_loader, throughline_loop;

comment on table operations.shown is 'What was put before a person to decide about: one row for each state of a thing that a question showed. Never changed.';
comment on column operations.shown.shown_id is 'Its id.';
comment on column operations.shown.about_kind is 'The kind of the thing: batch, claim_batch.';
comment on column operations.shown.about_id is 'The id of the thing.';
comment on column operations.shown.digest is 'The state of it that was shown: of a batch of claims the SHA-256 of its file, of a stopped batch its verdict.';
comment on column operations.shown.door is 'question: a question in Airflow. before: shown before this was recorded.';
comment on column operations.shown.shown_at is 'When it was first shown.';

insert into operations.shown (about_kind, about_id, digest, door)
select 'claim_batch', b.batch_id::text, d.detail ->> 'sha256', 'before'
from tasks.claim_batch as b
inner join operations.decision as d on d.decision_id = b.decision_id
where b.status in ('released', 'sent') and d.detail ? 'sha256';

-- What a case says of its claim's support. The state of the case itself says it as well until it is derived again.
create view cases.do_not_bill as
select
    c.case_id,
    coalesce(c.wanted_detail ->> 'do_not_bill', c.wanted_detail ->> 'reason') as reason
from cases.case_record as c
where c.status = 'open'
    and (
        c.wanted_detail ? 'do_not_bill'
        or (c.wanted = 'exception' and c.wanted_detail ->> 'reason' in ('charge_check', 'eligibility_unknown'))
    );

revoke all on cases.do_not_bill from throughline_loader, throughline_loop, throughline_reader;
grant select on cases.do_not_bill to throughline_loop, throughline_reader;

comment on view cases.do_not_bill is 'Open cases whose claim the documentation, or the payer, does not support, whatever else they wait for. Published for the steps behind cases.';
comment on column cases.do_not_bill.case_id is 'The case.';
comment on column cases.do_not_bill.reason is 'charge_check: the charge is not what the documentation supports. eligibility_unknown: nobody knows what the payer covers.';

-- What each case supported when its claim was handed over.
create table tasks.claim_support (
    batch_id uuid not null,
    patient_control_number text not null,
    case_id uuid not null,
    expected_code text,
    do_not_bill text,
    is_asked boolean not null default true,
    known_seq bigint not null,
    asked_at timestamptz not null default clock_timestamp(),
    primary key (batch_id, patient_control_number, case_id)
);

revoke update, delete on tasks.claim_support from throughline_loop;

comment on table tasks.claim_support is 'What each case supported at the moment its claim was handed over: one row for each claim and case. Never changed.';
comment on column tasks.claim_support.batch_id is 'The batch of claims.';
comment on column tasks.claim_support.patient_control_number is 'The submitter''s number of the claim (CLM01).';
comment on column tasks.claim_support.case_id is 'The case, one whose open task the claim does.';
comment on column tasks.claim_support.expected_code is 'The code that the documentation supported. Null: the case names none.';
comment on column tasks.claim_support.do_not_bill is 'Why the case supported no claim. Null: it did.';
comment on column tasks.claim_support.is_asked is 'False: the claim was handed over before this was recorded, and nobody asked.';
comment on column tasks.claim_support.known_seq is 'The night in which we learned it (operations.night): the one that handed the claim over.';
comment on column tasks.claim_support.asked_at is 'When the case was asked.';

insert into tasks.claim_support (batch_id, patient_control_number, case_id, is_asked, known_seq)
select k.batch_id, k.patient_control_number, t.case_id, false, b.planned_seq
from tasks.claim as k
inner join tasks.claim_batch as b on b.batch_id = k.batch_id
inner join tasks.task as t on t.task_id = k.task_id
where b.status = 'sent'
    or exists (
        select from tasks.transmission as x where x.effect_key = 'claim_batch|' || b.batch_id::text
    );

-- A planned charge is of a service that is not complete; one that is billed has a claim already (FHIR R4,
-- ChargeItemStatus, looked up 2026-11-28). Only what is billable may be claimed. The system marks a charge as billed
-- when our own claim has gone out, so the claim that replaces ours may say it again.
create or replace view evidence.charge_line as
select
    c.source,
    c.source_id,
    c.encounter_id,
    c.known_seq,
    c.retracted_seq,
    c.code,
    c.modifiers,
    c.quantity,
    c.amount,
    c.diagnoses,
    c.performer_id,
    c.occurred_at,
    c.status
from core.charge_item as c
where not c.is_deleted
    and c.status in ('billable', 'billed')
    and c.code is not null
    and c.no_charge_reason is null
    and not coalesce(c.is_self_pay_restricted, false);

comment on view evidence.charge_line is 'The lines of the clinician''s own charge that a claim may say: not deleted, with a code, not marked as nothing to bill, and not kept from the payer by the patient. One that is billed has a claim already. Published for the steps behind evidence.';
comment on column evidence.charge_line.status is 'billable: no claim yet. billed: there is a claim.';
