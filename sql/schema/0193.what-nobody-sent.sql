-- depends: 0192.paid-under-another-code

-- An answer is compared with the files and claims that it may be about, whoever sent them.
create index claim_of_group on core.claim (group_control_number) where retracted_seq is null;

create index claim_of_interchange on core.claim (interchange_control_number) where retracted_seq is null;

create index provider_adjustment_check on core.provider_adjustment (source, check_number) where retracted_seq is null;
