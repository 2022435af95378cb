-- depends: 0652.cases-that-wait-for-a-feed

-- What a person asks for again on the exception of a case, and what a case asks for that began anew, is not of before:
-- once it was live, it was held a second time.
create view tasks.asked_anew as
select e.case_id, e.detail ->> 'stage' as stage, d.known_seq
from operations.decision as d
inner join operations.exception as e on d.about_kind = 'exception' and e.exception_id::text = d.about_id
where d.kind = 'retry' and e.case_id is not null
union all
select v.case_id, null, v.known_seq
from cases.event as v
where v.kind = 'reopened';

revoke all on tasks.asked_anew from throughline_loader, throughline_loop, throughline_reader;
grant select on tasks.asked_anew to throughline_loop, throughline_decider, throughline_reader;

comment on view tasks.asked_anew is 'What a named person had asked for again, by retry, and cases that began anew. If the night before was live, it is not held for having been observed.';
comment on column tasks.asked_anew.case_id is 'The case that asks for it.';
comment on column tasks.asked_anew.stage is 'The stage that it would move. Null: any.';
comment on column tasks.asked_anew.known_seq is 'The night in which we learned it (operations.night). Null: the next one takes it.';

-- Whether what a case asks for on a night was asked for anew since it was observed, on a night after a live one: the last
-- time that it was observed ended before, or began before if its task ended unsent then.
create function tasks.is_asked_anew(
    at_seq bigint, of_case uuid, of_stage text, of_kind text, of_workflow text, of_target text
) returns boolean
language sql stable as $$
    select exists (
        select from tasks.asked_anew as a
        where a.case_id = of_case and coalesce(a.stage, of_stage) = of_stage and a.known_seq <= at_seq
            and not operations.observes(a.known_seq - 1, of_workflow, of_target)
            and not exists (
                select from tasks.observed as x
                where x.case_id = of_case and x.stage = of_stage and x.kind = of_kind and not x.is_held
                    and x.from_seq < at_seq and coalesce(x.to_seq, at_seq) >= a.known_seq
            )
            and not exists (
                select from tasks.task as e
                where e.case_id = of_case and e.stage = of_stage and e.kind = of_kind
                    and e.status_reason = 'observed' and e.closed_seq >= a.known_seq and e.closed_seq <= at_seq
            )
    )
$$;

comment on function tasks.is_asked_anew is 'Whether what a case asks for was asked for anew, on a night after a live one, since it was observed last.';
