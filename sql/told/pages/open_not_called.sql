-- reads: tasks.not_called(), tasks.task

-- The persons with an open call or booking to make, here or in another system, whom nobody may call as of a moment.
select distinct n.person_id::text as person_id
from tasks.not_called(
    array(
        select distinct t.person_id
        from tasks.task as t
        where t.closed_seq is null and t.kind in ('outreach', 'scheduling')
    ), %(as_of)s
) as n
order by 1;
