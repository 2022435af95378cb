-- reads: core.coverage

-- Who pays for a patient, and from when until when.
select
    r as record,
    'coverage' as kind,
    'payer_class' as code_system,
    payer.class as code,
    coalesce(evidence.day_start(r.starts_on, (select cases.practice_zone())), '1900-01-01'::timestamptz) as occurred_at,
    evidence.day_start(r.starts_on, (select cases.practice_zone())) as starts_at,
    evidence.day_start(r.ends_on + 1, (select cases.practice_zone())) as ends_at,
    jsonb_build_object('member_id', r.member_id) as identifiers,
    jsonb_build_object(
        'payer_id', r.payer_id,
        'member_id', r.member_id,
        'order', r.coverage_order,
        'is_qmb', r.is_qmb,
        'payer_name', r.payer_name,
        'relationship', r.relationship
    ) || case
        when r.type_code is null and payer.class_of_payer is null
            then '{"not_stated": "payer_class"}'::jsonb
        else '{}'::jsonb
    end
    -- where the record says no type, the payer's own answer goes before the table of payers
    || case when r.type_code is null then '{"is_type_stated": false}'::jsonb else '{}'::jsonb end as detail
from core.coverage as r
cross join lateral (
    select
        evidence.payer_class(r.type_code, null, r.payer_id) as class,
        evidence.mapped('payer_class_by_payer', null, r.payer_id) as class_of_payer
    limit 1 -- noqa: AM09
) as payer
where coalesce(r.status, 'active') = 'active';
