-- reads: operations.escalation, operations.question

-- What waits for a named person, and since when: deliveries that a gate stopped, and batches of claims.
select
    case q.about_kind when 'batch' then 'delivery' else 'claims' end as what,
    left(q.about_id, 8) as number,
    q.about,
    q.things,
    q.amount,
    q.asked_on,
    q.owner_team,
    e.told_on as lead_told_on,
    q.exception_from
from operations.question as q
left join operations.escalation as e on e.about_kind = q.about_kind and e.about_id = q.about_id
order by what, q.asked_on, q.about, number;
