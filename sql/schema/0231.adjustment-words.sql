-- depends: 0230.paid-lines

-- What an adjustment of a provider is about (PLB03-1, data element 426 as 005010X221A1 uses it), and where the meaning of
-- each code was read, 2026-11-28. The comment of 0230 said more than that. X12 sells its guide: it was not read. Beside a code:
--   X  X12, requests of 2018-03-26 to publish it, with its name (x12.org, status of 2018-06-19; RE and C5 2020-05-25)
--   S  Stedi, "Claims code lists", with notes after the guide's (stedi.com/docs)
--   M  a Medicare contractor, "Provider Level Balance Reason Codes: The Fundamentals" (public copy paperzz.com/doc/7905838);
--      for E3 and FB, Medicare's text in public copies of "Understanding the Remittance Advice"
--   T  insurers' page "Provider Level Adjustments" (public copy paperzz.com/doc/8839651): LE is a tax levy
--   N  only the name, in public programs that read the 835; no list of a publisher was found
create or replace function operations.adjustment_words(code text) returns text language sql immutable parallel safe as $$
    select case code
    when '50' then 'late charge' -- X, S
    when '51' then 'interest penalty' -- X, S
    when '72' then 'authorized return' -- X, S, M
    when '90' then 'early payment allowance' -- X, S
    when 'AH' then 'origination fee' -- X, S
    when 'AM' then 'applied to borrower''s account' -- X, S
    when 'AP' then 'acceleration of benefits' -- X, S
    when 'B2' then 'rebate' -- X, S
    when 'B3' then 'recovery allowance' -- X, S
    when 'BD' then 'bad debt' -- X, S
    when 'BN' then 'bonus' -- X, S
    when 'C5' then 'temporary allowance' -- X, S
    when 'CR' then 'capitation interest' -- S
    when 'CS' then 'adjustment' -- S, M
    when 'CT' then 'capitation payment' -- S
    when 'CV' then 'capital passthru' -- S
    when 'CW' then 'certified registered nurse anesthetist passthru' -- N
    when 'DM' then 'direct medical education passthru' -- N
    when 'E3' then 'withholding' -- M
    when 'FB' then 'balance carried forward' -- M
    when 'FC' then 'fund allocation' -- N
    when 'GO' then 'graduate medical education passthru' -- N
    when 'HM' then 'hemophilia clotting factor supplement' -- N
    when 'IP' then 'incentive premium' -- N
    when 'IR' then 'withheld for the Internal Revenue Service' -- M
    when 'IS' then 'interim settlement' -- N
    when 'J1' then 'nonreimbursable' -- M
    when 'L3' then 'penalty' -- N
    when 'L6' then 'interest' -- M
    when 'LE' then 'levy' -- T
    when 'LS' then 'lump sum' -- N
    when 'OA' then 'organ acquisition passthru' -- N
    when 'OB' then 'offset for affiliated providers' -- N
    when 'PI' then 'periodic interim payment' -- N
    when 'PL' then 'final payment' -- N
    when 'RA' then 'retroactivity adjustment' -- N
    when 'RE' then 'return on equity' -- X
    when 'SL' then 'student loan repayment' -- N
    when 'TL' then 'third party liability' -- N
    when 'WO' then 'recovery of an overpayment' -- M
    when 'WU' then 'recovery, unspecified' -- N
    end
$$;

comment on function operations.adjustment_words is 'What an adjustment of a provider is about, by its code (PLB03-1), in the words of public lists, which its migration names. Null: no list that we read has the code.';
