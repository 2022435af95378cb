-- The source records that this night brought or took back, with the identifiers they carry.
create temp table w_record on commit drop as
with touched as (
    select 'patient' as type, source, source_id, subject_source, subject_id
    from core.patient where known_seq = %(seq)s or retracted_seq = %(seq)s
    union
    select 'appointment', source, source_id, subject_source, subject_id
    from core.appointment where known_seq = %(seq)s or retracted_seq = %(seq)s
    union
    select 'coverage', source, source_id, subject_source, subject_id
    from core.coverage where known_seq = %(seq)s or retracted_seq = %(seq)s
    union
    select 'claim', source, source_id, subject_source, subject_id
    from core.claim where known_seq = %(seq)s or retracted_seq = %(seq)s
    union
    select 'eligibility_response', source, source_id, subject_source, subject_id
    from core.eligibility_response where known_seq = %(seq)s or retracted_seq = %(seq)s
    union
    select 'payment', source, source_id, subject_source, subject_id
    from core.payment where known_seq = %(seq)s or retracted_seq = %(seq)s
    union
    select 'claim_response', source, source_id, subject_source, subject_id
    from core.claim_response where known_seq = %(seq)s or retracted_seq = %(seq)s
)
select distinct
    subject_source as source,
    subject_id as source_id
from touched
where subject_source is not null and subject_id is not null;

-- Claims are named by their control number too, so that an answer finds its patient through them.
insert into w_record (source, source_id)
select distinct source, 'pcn:' || patient_control_number
from core.claim
where known_seq = %(seq)s and patient_control_number is not null
union
select distinct source, 'pcn:' || patient_control_number
from core.claim_response
where known_seq = %(seq)s and patient_control_number is not null
union
select distinct source, 'pcn:' || patient_control_number
from core.payment
where known_seq = %(seq)s and patient_control_number is not null
union
select distinct 'clearinghouse', 'pcn:' || patient_control_number
from core.payment_notice
where known_seq = %(seq)s and patient_control_number is not null;

alter table w_record add column is_patient boolean not null default false;

update w_record as r
set is_patient = true
from core.patient as p
where p.subject_source = r.source and p.subject_id = r.source_id
    and p.retracted_seq is null and not p.is_deleted;

create unique index on w_record (source, source_id);

analyze w_record;

-- What each of them is known by, as it stands now: (system, value).
create temp table w_identifier on commit drop as
select distinct p.subject_source as source, p.subject_id as source_id, 'mrn' as system, p.mrn as value
from w_record as r
inner join core.patient as p on p.subject_source = r.source and p.subject_id = r.source_id
where p.known_seq <= %(seq)s and p.retracted_seq is null and not p.is_deleted and p.mrn is not null
union
select c.subject_source, c.subject_id, 'member', c.payer_id || '|' || c.member_id
from w_record as r
inner join core.coverage as c on c.subject_source = r.source and c.subject_id = r.source_id
where c.retracted_seq is null and not c.is_deleted and c.member_id is not null and c.payer_id is not null
union
select a.subject_source, a.subject_id, 'mrn', a.mrn
from w_record as r
inner join core.appointment as a on a.subject_source = r.source and a.subject_id = r.source_id
where a.retracted_seq is null and not a.is_deleted and a.mrn is not null
union
select c.subject_source, c.subject_id, 'member', c.payer_id || '|' || c.member_id
from w_record as r
inner join core.claim as c on c.subject_source = r.source and c.subject_id = r.source_id
where c.retracted_seq is null and not c.is_deleted and c.member_id is not null and c.payer_id is not null
    and c.subject_source = c.source and c.source <> 'ehr'
union
select e.subject_source, e.subject_id, 'member', e.payer_id || '|' || e.member_id
from w_record as r
inner join core.eligibility_response as e on e.subject_source = r.source and e.subject_id = r.source_id
where e.retracted_seq is null and not e.is_deleted and e.member_id is not null and e.payer_id is not null
union
select c.source, 'pcn:' || c.patient_control_number, 'member', c.payer_id || '|' || c.member_id
from w_record as r
inner join core.claim as c
    on r.source_id = 'pcn:' || c.patient_control_number and c.source = r.source
where r.source_id like 'pcn:%%' and c.retracted_seq is null and c.member_id is not null
    and c.payer_id is not null
union
select c.source, 'pcn:' || c.patient_control_number, 'mrn', c.medical_record_number
from w_record as r
inner join core.claim as c
    on r.source_id = 'pcn:' || c.patient_control_number and c.source = r.source
where r.source_id like 'pcn:%%' and c.retracted_seq is null and c.medical_record_number is not null;

analyze w_identifier;
