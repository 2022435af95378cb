-- reads: core.questionnaire_response

-- A questionnaire that was filled in.
select
    r as record,
    'questionnaire' as kind,
    'questionnaire' as code_system,
    r.questionnaire as code,
    r.status,
    r.authored_at as occurred_at,
    r.day_only,
    jsonb_build_object(
        'questionnaire_response', r.source_id,
        'encounter', r.encounter_id,
        'order', nullif(r.orders, '[]'::jsonb)
    ) as identifiers,
    jsonb_build_object('author_id', r.author_id) as detail
from core.questionnaire_response as r
where r.status in ('completed', 'amended') and r.questionnaire is not null and r.authored_at is not null;
