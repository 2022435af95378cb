-- The facts that encounter records of this night state.

-- A stay: while it lasts, nobody is called.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'encounter/' || r.source_id, 'admission', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'admission',
    null,
    r.class_code,
    null::numeric,
    r.starts_at as occurred_at,
    r.starts_at,
    r.ends_at,
    r.known_seq,
    r.source,
    'encounter/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.source_id
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'class', r.class_code,
        'status', r.status,
        'facility_class', evidence.facility_class(r.class_code, r.type_code)
    ))
from core.encounter as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and evidence.facility_class(r.class_code, r.type_code) is not null
    and r.status in ('arrived', 'triaged', 'in-progress', 'onleave', 'finished') and r.starts_at is not null
on conflict do nothing;

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'encounter/' || r.source_id, 'discharge', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'discharge',
    'disposition',
    coalesce(evidence.mapped('disposition', r.discharge_disposition_system, r.discharge_disposition_code), 'other'),
    null::numeric,
    r.ends_at as occurred_at,
    r.starts_at,
    r.ends_at,
    r.known_seq,
    r.source,
    'encounter/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.source_id
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'facility_class', evidence.facility_class(r.class_code, r.type_code),
        'practitioner_id', r.practitioner_id
    ))
from core.encounter as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and evidence.facility_class(r.class_code, r.type_code) is not null
    and r.status = 'finished' and r.ends_at is not null
on conflict do nothing;

-- A visit counts when it is finished; in progress it is not seen yet. An emergency is no visit of the
-- practice, whoever saw the patient there. Who may bill it is read with the practitioner's record.
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'encounter/' || r.source_id, case when r.status = 'finished' then 'visit' else 'visit_open' end, r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    case when r.status = 'finished' then 'visit' else 'visit_open' end,
    r.type_system,
    r.type_code,
    null::numeric,
    r.starts_at as occurred_at,
    r.starts_at,
    r.ends_at,
    r.known_seq,
    r.source,
    'encounter/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.source_id,
        'appointment', r.appointment_id,
        'visit_number', r.visit_number
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'class', r.class_code,
        'status', r.status,
        'practitioner_id', r.practitioner_id
    ))
from core.encounter as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and evidence.facility_class(r.class_code, r.type_code) is null
    and evidence.mapped('visit_by_class', null, r.class_code) is not null
    and r.status in ('planned', 'arrived', 'triaged', 'in-progress', 'finished') and r.starts_at is not null
on conflict do nothing;

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'encounter/' || r.source_id, 'hospice', r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    'hospice',
    null,
    null,
    null::numeric,
    coalesce(r.ends_at, r.starts_at),
    null::timestamptz,
    null::timestamptz,
    r.known_seq,
    r.source,
    'encounter/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'encounter', r.source_id
    )),
    jsonb_strip_nulls(jsonb_build_object())
from core.encounter as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and (
        evidence.mapped('hospice', null, r.class_code) is not null
        or evidence.mapped('hospice', r.type_system, r.type_code) is not null
        or evidence.mapped('disposition', r.discharge_disposition_system, r.discharge_disposition_code) = 'hospice'
    )
    and r.status in ('in-progress', 'finished') and r.starts_at is not null
on conflict do nothing;
