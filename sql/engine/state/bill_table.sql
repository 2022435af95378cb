-- makes: e_bill

-- What the evidence of each case supports; sql/engine/state/bills.sql fills it, level by level.
create temp table e_bill (
    case_no bigint primary key,
    word text,
    told text,
    codes text[],
    agrees text
) on commit drop;
