-- reads: tasks.let_out, tasks.observed

-- What is held now and has not been let out, by workflow: a digest that names exactly this list, and how much of each kind.
with waits as (
    select
        x.workflow,
        x.kind,
        count(*) as things,
        string_agg(
            concat_ws('|', x.kind, x.case_id, x.stage, x.from_seq), E'\n' order by x.case_id, x.stage, x.from_seq
        ) as listed
    from tasks.observed as x
    where x.is_held and x.to_seq is null
        and not exists (
            select from tasks.let_out as l
            where l.case_id = x.case_id and l.stage = x.stage and l.kind = x.kind and l.from_seq = x.from_seq
        )
    group by x.workflow, x.kind
)

select
    w.workflow,
    encode(sha256(convert_to(string_agg(w.listed, E'\n' order by w.kind), 'UTF8')), 'hex') as digest,
    jsonb_object_agg(w.kind, w.things) as kinds
from waits as w
group by w.workflow
order by w.workflow;
