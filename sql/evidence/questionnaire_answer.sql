-- reads: core.questionnaire_answer, core.questionnaire_response

-- An answer, by its question: the code is the question's number, its system the questionnaire. When it was given says
-- its questionnaire, so it is stated again if only that changed.
select
    r as record,
    'answer' as kind,
    q.questionnaire as code_system,
    r.link_id as code,
    q.status,
    r.value,
    r.unit,
    q.authored_at as occurred_at,
    q.day_only,
    %(seq)s::bigint as known_seq,
    greatest(r.source_version, q.source_version) as source_version,
    jsonb_build_object(
        'questionnaire_response', q.source_id,
        'encounter', q.encounter_id
    ) as identifiers,
    jsonb_build_object(
        'value', evidence.codings(null, r.value_system, r.value_code),
        'value_on', r.value_on,
        'author_id', q.author_id
    ) as detail
from core.questionnaire_response as q
inner join core.questionnaire_answer as r on r.questionnaire_response_source_id = q.source_id and r.source = q.source
where q.known_seq <= %(seq)s and (q.retracted_seq is null or q.retracted_seq > %(seq)s)
    and r.known_seq <= %(seq)s and (r.retracted_seq is null or r.retracted_seq > %(seq)s)
    and q.source_id in (
        select n.source_id from core.questionnaire_response as n where n.known_seq = %(seq)s
        union
        select n.questionnaire_response_source_id from core.questionnaire_answer as n where n.known_seq = %(seq)s
    )
    and not r.is_deleted and not q.is_deleted
    and q.status in ('completed', 'amended') and q.questionnaire is not null and q.authored_at is not null;
