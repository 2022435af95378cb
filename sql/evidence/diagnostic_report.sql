-- reads: core.diagnostic_report

-- A report that says something, if only in part so far.
select
    r as record,
    'report' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    coalesce(r.occurred_at, r.issued_at) as occurred_at,
    case when r.occurred_until is not null then r.occurred_at end as starts_at,
    r.occurred_until as ends_at,
    r.issued_at,
    r.day_only,
    jsonb_build_object(
        'report', r.source_id,
        'encounter', r.encounter_id,
        'observation', nullif(r.results, '[]'::jsonb),
        'order', nullif(r.orders, '[]'::jsonb),
        'placer_order', r.placer_order,
        'filler_order', r.filler_order,
        'accession', r.accession
    ) as identifiers,
    jsonb_build_object(
        'category', r.category_code,
        'conclusion', evidence.codings(r.conclusion_codings, r.conclusion_system, r.conclusion_code),
        'performer_id', r.performer_id,
        'interpreter_id', r.interpreter_id
    ) as detail
from core.diagnostic_report as r
where r.status in ('partial', 'preliminary', 'final', 'amended', 'corrected', 'appended') and r.code is not null
    and coalesce(r.occurred_at, r.issued_at) is not null;

-- One that was entered in error.
select
    r as record,
    'withdrawn' as kind,
    r.code_system,
    r.code,
    r.codings,
    r.status,
    coalesce(r.occurred_at, r.issued_at) as occurred_at,
    case when r.occurred_until is not null then r.occurred_at end as starts_at,
    r.occurred_until as ends_at,
    r.issued_at,
    r.day_only,
    jsonb_build_object(
        'report', r.source_id,
        'encounter', r.encounter_id,
        'order', nullif(r.orders, '[]'::jsonb),
        'placer_order', r.placer_order,
        'filler_order', r.filler_order,
        'accession', r.accession
    ) as identifiers,
    jsonb_build_object('what', 'report') as detail
from core.diagnostic_report as r
where r.status = 'entered-in-error' and r.code is not null and coalesce(r.occurred_at, r.issued_at) is not null;
