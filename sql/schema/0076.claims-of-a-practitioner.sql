-- depends: 0075.allowed-share

-- Claims wait for the record of their practitioner, too: whether they are this practice's own.
create index fact_claim_practitioner on evidence.fact ((detail ->> 'rendering_npi')) where kind = 'claim';
