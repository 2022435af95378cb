-- reads: core.functional_acknowledgement, evidence.fact, operations.decision, tasks.claim, tasks.claim_batch,
--     tasks.transmission

-- One page of the batches of claims that were sent, the newest first: when, who attested it, and what was answered.
with page as (
    select b.*
    from tasks.claim_batch as b
    where b.status = 'sent'
    order by b.planned_seq desc, b.batch_id desc
    limit %(size)s offset %(skip)s
)

select
    p.batch_id::text as batch_id,
    p.payer_id,
    p.billing_npi,
    p.claim_count,
    p.total_charge,
    x.sent_at,
    d.decided_by,
    d.decided_at,
    a.taken,
    a.not_taken,
    k.accepted,
    k.rejected,
    k.paid
from page as p
left join operations.decision as d on d.decision_id = p.decision_id
left join lateral (
    select max(coalesce(t.sent_at, t.outcome_at)) as sent_at
    from tasks.transmission as t
    where t.effect_key = 'claim_batch|' || p.batch_id and t.outcome = 'accepted'
) as x on true
left join lateral (
    -- what the receiver says of the file (X12 999): accepted, with or without errors, or not
    select
        count(*) filter (where coalesce(f.group_status_code, f.status_code) in ('A', 'E')) as taken,
        count(*) filter (where coalesce(f.group_status_code, f.status_code) not in ('A', 'E')) as not_taken
    from core.functional_acknowledgement as f
    where f.retracted_seq is null and not f.is_deleted and coalesce(f.functional_id, 'HC') = 'HC'
        and ltrim(f.group_control_number, '0') = ltrim(p.interchange_control_number, '0')
) as a on true
left join lateral (
    select
        count(distinct c.patient_control_number) filter (where f.kind = 'claim_accepted') as accepted,
        count(distinct c.patient_control_number) filter (where f.kind = 'claim_rejected') as rejected,
        count(distinct c.patient_control_number) filter (where f.kind = 'remittance') as paid
    from tasks.claim as c
    inner join evidence.fact as f
        on f.subject_source = 'pcn' and f.subject_id = c.patient_control_number and f.retracted_seq is null
    where c.batch_id = p.batch_id and f.kind in ('claim_accepted', 'claim_rejected', 'remittance')
) as k on true
order by p.planned_seq desc, p.batch_id desc;
