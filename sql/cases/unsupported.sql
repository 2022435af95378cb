-- reads: w_charge, w_current, w_decision, w_impossible, w_state
-- makes: w_unsupported

-- What keeps a claim back because of what is documented, or not known.

-- Cases whose charge the documentation, or the payer, does not support: whatever they wait for first, there is no claim.
create temp table w_unsupported on commit drop as
select
    t.case_id,
    h.codes,
    case
        when t.lacks_reconciliation then 'reconciliation_not_stated'
        when t.lacks_level then 'level_not_stated'
        when t.expected_code is null then 'eligibility_unknown'
        else 'charge_check'
    end as reason
from w_state as t
inner join w_current as s on s.case_id = t.case_id
inner join w_charge as h on h.case_id = t.case_id
where t.status = 'open' and s.proof = 'claim'
    and h.codes && array(
        select p.rule ->> 'code' from jsonb_array_elements(s.pays) as p (rule)
        union
        select k.code from unnest(s.claim_codes) as k (code)
    )
    and not coalesce(t.expected_code = any(h.codes), false)
    and not exists (
        select from w_decision as d
        where d.case_id = t.case_id and d.stage = s.stage and d.action = 'retry'
            -- trying something else again does not say what is asked for
            and (not (t.lacks_level or t.lacks_reconciliation) or d.reason = 'charge_check')
    )
    and not exists (select from w_impossible as i where i.case_id = t.case_id)
union all
-- nobody can let a claim of such a day go on: what is wrong has to be corrected
select i.case_id, null, 'impossible_date'
from w_impossible as i;
