-- depends: 0223.meanings-that-were-missing

comment on view evidence.not_known is 'What is not known, and of whom, as of the night whose number is set for the transaction (throughline.seq), else now: what rows that were set aside, files that could not be read, and records with a code that nobody has mapped, would have proven, as long as nobody has decided about them.';
