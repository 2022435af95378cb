-- reads: operations.decision, operations.exception, tasks.task, tasks.transmission, tasks.transmission_task

-- A named person has asked the receiver: it did not arrive, so inquiries.sql asks about its persons anew.
select tasks.set_outcome(x.transmission_id, 'rejected', %(seq)s, 'did not arrive, says a named person')
from tasks.transmission as x
cross join operations.exception as e
inner join operations.decision as d on d.about_kind = 'exception' and d.about_id = e.exception_id::text
where x.outcome = 'uncertain' and x.sent_at is null and x.outcome_reason = 'restored'
    and e.about_kind = 'transmission' and e.about_id = x.transmission_id::text
    and e.reason = 'uncertain_transmission'
    and d.kind = 'retry' and d.known_seq <= %(seq)s
group by x.transmission_id;

-- Nobody waits for it any more: the answers to the earlier file have come.
select tasks.set_outcome(x.transmission_id, 'withheld', %(seq)s, 'answered')
from tasks.transmission as x
where x.outcome = 'uncertain' and x.sent_at is null and x.outcome_reason = 'restored'
    and not exists (
        select from tasks.transmission_task as l
        inner join tasks.task as t on t.task_id = l.task_id
        where l.transmission_id = x.transmission_id and t.closed_seq is null
    );
