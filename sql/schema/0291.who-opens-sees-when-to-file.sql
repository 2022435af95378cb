-- depends: 0290.batches-that-were-opened 0320.questions

-- Who opens a batch of claims sees by when the payer takes them.
grant select on operations.question to throughline_decider;
