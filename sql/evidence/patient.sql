-- reads: core.patient

-- A death blocks outreach; services already rendered stay billable. Where the day is not known, the patient had died by the
-- end of the month or the year that is, and by the day on which the record first said so.
select
    r as record,
    'death' as kind,
    coalesce(r.deceased_at, d.by_on::timestamptz) as occurred_at,
    jsonb_build_object('by', d.by_on, 'is_day_known', r.deceased_at is not null) as detail
from core.patient as r
cross join lateral (
    select case
        when r.deceased_at is not null then r.deceased_by
        else least(r.deceased_by, (
            select min(left(v.source_version, 10)::date)
            from core.patient as v
            where v.source = r.source and v.source_id = r.source_id and v.is_deceased and v.known_seq <= r.known_seq
                and not exists (
                    select from core.patient as b
                    where b.source = r.source and b.source_id = r.source_id and not b.is_deceased
                        and b.known_seq > v.known_seq and b.known_seq <= r.known_seq
                )
        ))
    end as by_on
) as d
where r.is_deceased;

select
    r as record,
    'left_practice' as kind,
    left(r.source_version, 10)::timestamptz as occurred_at
from core.patient as r
where not r.is_active and r.replaced_by is null and not r.is_deceased;

-- Whose patient this is: the record's general practitioner.
select
    r as record,
    'attribution' as kind,
    r.general_practitioner_id as code,
    left(r.source_version, 10)::timestamptz as occurred_at
from core.patient as r
where r.general_practitioner_id is not null;

select
    r as record,
    'preference' as kind,
    coalesce(r.language, 'unknown') as code,
    left(r.source_version, 10)::timestamptz as occurred_at,
    jsonb_build_object(
        'has_phone', r.phone is not null,
        'interpreter_required', r.interpreter_required,
        'preferred_contact', r.preferred_contact,
        'confidential_address', r.confidential_address,
        'state', r.state
    ) as detail
from core.patient as r;
