-- reads: cases.case_record, evidence.fact, scope_case

-- open_case_of_fallen_trigger: A case is open although what opened it was retracted, without a newer
-- version of it.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    c.workflow as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join evidence.fact as f on f.fact_id = c.trigger_fact_id
where
    c.status = 'open'
    and f.retracted_seq is not null
    and not exists (
        select from evidence.fact as n
        where
            n.source = f.source
            and n.source_ref = f.source_ref
            and n.kind = f.kind
            and n.retracted_seq is null
    );

-- reversal_without_payment: A payer's reversal refers to a payment that is not in the ledger.
select
    'fact' as about_kind,
    f.fact_id::text as about_id,
    f.kind as detail
from evidence.fact as f
where
    (%(seq)s::bigint is null or f.known_seq = %(seq)s::bigint)
    and f.reverses is not null
    and not exists (select from evidence.fact as o where o.fact_id = f.reverses);
