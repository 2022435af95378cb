-- The facts that appointment records of this night state.

insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, amount, occurred_at, starts_at,
    ends_at, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', r.source, 'appointment/' || r.source_id, case r.status when 'booked' then 'booking' when 'cancelled' then 'booking_cancelled'
        when 'noshow' then 'no_show' else 'arrived' end, r.source_version))::uuid,
    r.subject_source,
    r.subject_id,
    case r.status when 'booked' then 'booking' when 'cancelled' then 'booking_cancelled'
        when 'noshow' then 'no_show' else 'arrived' end,
    'visit_type',
    case r.status when 'cancelled' then coalesce(r.cancelled_by, 'unknown') else r.visit_type_code end,
    null::numeric,
    coalesce(r.recorded_at, r.starts_at),
    r.starts_at,
    r.ends_at,
    r.known_seq,
    r.source,
    'appointment/' || r.source_id,
    r.source_version,
    r.batch_id,
    jsonb_strip_nulls(jsonb_build_object(
        'appointment', r.filler_id,
        'placer', r.placer_id,
        'visit_number', r.visit_number
    )),
    jsonb_strip_nulls(jsonb_build_object(
        'practitioner_id', r.practitioner_id,
        'practitioner_npi', r.practitioner_npi,
        'visit_type', r.visit_type_code
    ))
from core.appointment as r
where r.known_seq = %(seq)s
    and not r.is_deleted
    and r.status in ('booked', 'cancelled', 'noshow', 'arrived', 'fulfilled') and r.starts_at is not null
on conflict do nothing;
