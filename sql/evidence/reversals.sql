-- reads: core.payment_line, evidence.fact
-- changes: evidence.fact

-- A reversal (CLP02 = 22) is a new fact that cancels an old one. Link it to the payment it reverses: the
-- newest earlier remittance for the same claim and line with the opposite amount. Two lines with a control number (REF*6R)
-- are the same if it is; else if they have the same code.
update evidence.fact as f
set reverses = o.fact_id
from (
    select distinct on (n.fact_id)
        n.fact_id as reversal_id,
        e.fact_id
    from evidence.fact as n
    inner join evidence.fact as e
        on e.identifiers ->> 'patient_control_number' = n.identifiers ->> 'patient_control_number'
        and e.identifiers ? 'patient_control_number'
        and e.kind = 'remittance'
        and e.known_seq <= n.known_seq
        and coalesce((e.detail ->> 'is_reversal')::boolean, false) = false
        and coalesce(e.amount, 0) = -coalesce(n.amount, 0)
    left join core.payment_line as nl
        on nl.source = n.source and nl.source_id = substr(n.source_ref, 14)
        and n.source_ref like 'payment_line/%%'
        and nl.source_version = n.source_version and nl.known_seq = n.known_seq
    left join core.payment_line as el
        on el.source = e.source and el.source_id = substr(e.source_ref, 14)
        and e.source_ref like 'payment_line/%%' and el.source_version = e.source_version
        and el.known_seq = e.known_seq
    where n.known_seq = %(seq)s
        and n.kind = 'remittance'
        and (n.detail ->> 'is_reversal')::boolean
        and coalesce(
            nl.line_control_number = el.line_control_number,
            -- either may name the code that was submitted, the other the one that was paid
            e.code is not distinct from n.code
            or n.code = e.detail ->> 'paid_code'
            or e.code = n.detail ->> 'paid_code'
        )
    order by n.fact_id, e.known_seq desc, e.fact_id
) as o
where f.fact_id = o.reversal_id;
