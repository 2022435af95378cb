-- depends: 0480.observe-first

-- A practice that never observed asks this once, not of each stage.
create or replace view cases.passed_unasked as
select s.case_id, s.stage
from cases.stage as s
inner join cases.case_record as c on c.case_id = s.case_id
where s.due_at is not null
    and exists (select from operations.mode)
    and (
        exists (
            select from operations.observing as o
            where o.scope in ('practice', 'workflow')
                and (o.scope = 'practice' or o.name = c.workflow)
                and s.due_at > o.after_at and s.due_at <= o.until_at
        )
        or exists (
            select from tasks.observed as x
            inner join operations.observing as o on o.scope = 'target' and o.name = x.target
            where x.case_id = s.case_id and x.stage = s.stage and not x.is_held
                and s.due_at > o.after_at and s.due_at <= o.until_at
        )
    );
