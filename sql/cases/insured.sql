-- reads: w_fact
-- changes: w_fact

-- What kind of coverage it is, where its record does not say so: the payer's newest answer about the same member goes
-- before the practice's table of payers, whose word the fact has. An answer that does not say that the person is covered
-- does not tell the kind.
update w_fact as c
set code = a.payer_class,
    detail = c.detail - 'not_stated'
from (
    select distinct on (c.person_id, c.fact_id)
        c.person_id,
        c.fact_id,
        e.code,
        e.detail ->> 'payer_class' as payer_class
    from w_fact as c
    inner join w_fact as e
        on e.person_id = c.person_id and e.kind = 'eligibility' and e.occurred_at <= %(as_of)s
        and e.code in ('active', 'inactive', 'unclear')
        and coalesce(e.identifiers ->> 'member_id' = c.identifiers ->> 'member_id', true)
        and (
            e.detail ->> 'payer_id' = c.detail ->> 'payer_id'
            -- a coverage whose payer is not in the table is found by the member's number alone
            or (c.detail ? 'not_stated' and e.identifiers ->> 'member_id' = c.identifiers ->> 'member_id')
        )
    where c.kind = 'coverage' and c.detail ? 'is_type_stated'
    order by c.person_id, c.fact_id, e.occurred_at desc, e.source_version desc, e.fact_id
) as a
where c.person_id = a.person_id and c.fact_id = a.fact_id and c.kind = 'coverage'
    and a.code = 'active' and a.payer_class is not null;
