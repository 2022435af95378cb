-- reads: core.eligibility_response

-- What a payer says about a member's coverage.
select
    r as record,
    'eligibility' as kind,
    case
        when r.reject_code is not null then 'rejected'
        -- whether the person is covered, or whose rules apply, is not known: a person decides
        when r.is_active is null or r.benefit_code is not null or (r.is_active and r.is_plan_unclear) then 'unclear'
        when r.is_active and r.insurance_code is not null and r.part_b_from is null then 'unclear'
        when r.is_active then 'active'
        else 'inactive'
    end as code,
    coalesce(evidence.day_start(r.as_of_date, (select cases.practice_zone())), left(r.source_version, 10)::timestamptz) as occurred_at,
    jsonb_build_object(
        'trace', r.trace_number,
        'member_id', r.member_id
    ) as identifiers,
    jsonb_build_object(
        'payer_id', r.payer_id,
        'is_active', r.is_active,
        'part_b_from', r.part_b_from,
        'part_b_to', r.part_b_to,
        'is_advantage', r.is_advantage,
        'next_g0402_on', r.next_g0402_on,
        'next_g0438_on', r.next_g0438_on,
        'next_g0439_on', r.next_g0439_on,
        'is_hospice', r.is_hospice,
        'is_qmb', r.is_qmb,
        'reject', r.reject_code
    ) || jsonb_strip_nulls(jsonb_build_object('payer_class', y.payer_class)) as detail
from core.eligibility_response as r
-- What kind of coverage an answer that somebody is covered tells of: Part C (filing code 16) before Part B (MB), else what
-- the payer who answers is.
cross join lateral (
    select case
        when r.is_advantage then evidence.mapped('payer_class_by_filing', null, '16')
        when r.part_b_from <= coalesce(r.as_of_date, r.part_b_from) and coalesce(r.part_b_to >= r.as_of_date, true)
            then evidence.mapped('payer_class_by_filing', null, 'MB')
        else evidence.mapped('payer_class_by_payer', null, r.payer_id)
    end as payer_class
) as y;
