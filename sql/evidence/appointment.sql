-- reads: core.appointment

-- What an appointment states: booked, cancelled, missed or kept.
select
    r as record,
    case r.status when 'booked' then 'booking' when 'cancelled' then 'booking_cancelled'
        when 'noshow' then 'no_show' else 'arrived'
    end as kind,
    'visit_type' as code_system,
    case r.status
        when 'cancelled' then case when r.cancelled_by in ('patient', 'clinic') then r.cancelled_by else 'unknown' end
        else r.visit_type_code
    end as code,
    coalesce(r.recorded_at, r.starts_at) as occurred_at,
    r.starts_at,
    r.ends_at,
    jsonb_build_object(
        'appointment', r.filler_id,
        'placer', r.placer_id,
        'visit_number', r.visit_number,
        'order', nullif(r.orders, '[]'::jsonb)
    ) as identifiers,
    jsonb_build_object(
        'practitioner_id', r.practitioner_id,
        'practitioner_npi', r.practitioner_npi,
        'visit_type', r.visit_type_code
    ) as detail
from core.appointment as r
where r.status in ('booked', 'cancelled', 'noshow', 'arrived', 'fulfilled')
    and r.starts_at is not null;
