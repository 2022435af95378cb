-- depends: 0224.not-known-of-files

-- Which line of a claim each line of a remittance answers: the one whose control number it names (REF*6R), else the one
-- with the same code, modifiers, day and charge, else with the same code and day. A split line has several answers. Of
-- equal lines the first counts. A line under another code, without SVC06, is found by its control number alone.
create view evidence.paid_line as
select
    r.source,
    r.source_id,
    r.payment_source_id,
    r.known_seq,
    r.patient_control_number,
    l.line_no,
    l.code,
    l.modifiers,
    l.charge,
    l.found_by,
    coalesce(r.paid_code, case when r.code is distinct from l.code then r.code end) as paid_code,
    r.paid_amount,
    r.contractual_amount,
    r.patient_responsibility,
    r.denied_amount,
    r.other_adjustment
from core.payment_line as r
left join lateral (
    select
        c.line_no,
        c.code,
        c.modifiers,
        c.charge,
        case
            when c.line_control_number = r.line_control_number then 'control number'
            when c.modifiers = r.modifiers and c.charge = r.charge then 'code, modifiers, day and charge'
            else 'code and day'
        end as found_by
    from core.claim_line as c
    where c.patient_control_number = r.patient_control_number and c.retracted_seq is null and not c.is_deleted
        and (
            c.line_control_number = r.line_control_number
            or (c.code = r.code and c.service_from is not distinct from coalesce(r.service_from, c.service_from))
        )
    order by
        coalesce(c.line_control_number = r.line_control_number, false) desc,
        coalesce(c.modifiers = r.modifiers and c.charge = r.charge, false) desc,
        c.source_version desc, c.line_no, c.source_id
    limit 1
) as l on true
where r.retracted_seq is null and not r.is_deleted;

revoke all on evidence.paid_line from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.paid_line to throughline_loop, throughline_reader;

comment on view evidence.paid_line is 'What stands of each line of a remittance, with the line of a claim''s copy that it answers.';
comment on column evidence.paid_line.source is 'The system of record, by the name of its definition.';
comment on column evidence.paid_line.source_id is 'The line of the remittance, by its id in core.payment_line.';
comment on column evidence.paid_line.payment_source_id is 'The payment of the claim, by its id in core.payment.';
comment on column evidence.paid_line.known_seq is 'The night in which we learned it (operations.night).';
comment on column evidence.paid_line.patient_control_number is 'The submitter''s number of the claim (CLM01): joins a claim with its answers and payments.';
comment on column evidence.paid_line.line_no is 'The line of the claim, by its number there. Null: no copy of the claim has such a line.';
comment on column evidence.paid_line.code is 'The code that was submitted. Null: as for line_no.';
comment on column evidence.paid_line.modifiers is 'The modifiers that were submitted. Null: as for line_no.';
comment on column evidence.paid_line.charge is 'What was charged for the line, in US dollars. Null: as for line_no.';
comment on column evidence.paid_line.found_by is 'How the line was found: control number (REF*6R), code, modifiers, day and charge, or code and day. Null: as for line_no.';
comment on column evidence.paid_line.paid_code is 'The code that the payer paid instead. Null: it paid what was submitted.';
comment on column evidence.paid_line.paid_amount is 'What was paid for it, in US dollars.';
comment on column evidence.paid_line.contractual_amount is 'What the contract took off, in US dollars.';
comment on column evidence.paid_line.patient_responsibility is 'What the patient owes of it, in US dollars.';
comment on column evidence.paid_line.denied_amount is 'What the payer did not pay for other reasons, in US dollars.';
comment on column evidence.paid_line.other_adjustment is 'What was adjusted otherwise, in US dollars.';

-- What an adjustment of a provider (PLB) is about. X12 code list 426 as 005010X221A1 uses it (PLB03-1); the meanings that
-- Medicare's contractors and payers publish were compared on 2026-11-28.
create function operations.adjustment_words(code text) returns text language sql immutable parallel safe as $$
    select case code
    when '50' then 'late charge'
    when '51' then 'interest penalty'
    when '72' then 'authorized return'
    when '90' then 'early payment allowance'
    when 'AH' then 'origination fee'
    when 'AM' then 'applied to borrower''s account'
    when 'AP' then 'acceleration of benefits'
    when 'B2' then 'rebate'
    when 'B3' then 'recovery allowance'
    when 'BD' then 'bad debt'
    when 'BN' then 'bonus'
    when 'C5' then 'temporary allowance'
    when 'CR' then 'capitation interest'
    when 'CS' then 'adjustment'
    when 'CT' then 'capitation payment'
    when 'CV' then 'capital passthru'
    when 'CW' then 'certified registered nurse anesthetist passthru'
    when 'DM' then 'direct medical education passthru'
    when 'E3' then 'withholding'
    when 'FB' then 'balance carried forward'
    when 'FC' then 'fund allocation'
    when 'GO' then 'graduate medical education passthru'
    when 'HM' then 'hemophilia clotting factor supplement'
    when 'IP' then 'incentive premium'
    when 'IR' then 'withheld for the tax office'
    when 'IS' then 'interim settlement'
    when 'J1' then 'nonreimbursable'
    when 'L3' then 'penalty'
    when 'L6' then 'interest'
    when 'LE' then 'levy'
    when 'LS' then 'lump sum'
    when 'OA' then 'organ acquisition passthru'
    when 'OB' then 'offset for affiliated providers'
    when 'PI' then 'periodic interim payment'
    when 'PL' then 'final payment'
    when 'RA' then 'retroactivity adjustment'
    when 'RE' then 'return on equity'
    when 'SL' then 'student loan repayment'
    when 'TL' then 'third party liability'
    when 'WO' then 'recovery of an overpayment'
    when 'WU' then 'recovery, unspecified'
    end
$$;

grant execute on function operations.adjustment_words to throughline_loop, throughline_loader, throughline_reader;

comment on function operations.adjustment_words is 'What an adjustment of a provider is about, by its code (PLB03-1). Null: no such code.';
