-- depends: 0200.unmapped-codes 0221.files-not-known

-- What is not known because of rows and files, as before, and because of codes that nobody has mapped.
alter view evidence.not_known rename to delivery_not_known;

create view evidence.not_known as
select n.person_id, n.source, n.feed, n.payer_id, n.from_on, n.until_on, n.why, n.exception_id, n.known_seq, n.closed_seq
from evidence.delivery_not_known as n
union all
select n.person_id, n.source, n.feed, n.payer_id, n.from_on, n.until_on, n.why, n.exception_id, n.known_seq, n.closed_seq
from evidence.code_not_known as n;

revoke all on evidence.not_known from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.not_known to throughline_loop, throughline_reader;

comment on view evidence.delivery_not_known is 'The part of evidence.not_known that deliveries would have proven: rows that were set aside, files that could not be read.';
comment on view evidence.not_known is 'What is not known, and of whom, as of the night whose number is set for the transaction (throughline.seq), else now: what rows that were set aside, and records with a code that nobody has mapped, would have proven.';
comment on column evidence.not_known.person_id is 'The person whom the row names. Null: it names nobody, so it may be about anybody.';
comment on column evidence.not_known.source is 'The system of record, by the name of its definition.';
comment on column evidence.not_known.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.not_known.payer_id is 'Only payments of this payer. Null: no such limit.';
comment on column evidence.not_known.from_on is 'The first day that it may be about. Null: any day.';
comment on column evidence.not_known.until_on is 'The last day that it may be about. Null: any day.';
comment on column evidence.not_known.why is 'The rule that the row broke, the fault of its reader as a code, or the field whose code is not mapped; file_refused: a file could not be read.';
comment on column evidence.not_known.exception_id is 'The exception on which the stages wait that rest on it (operations.exception).';
comment on column evidence.not_known.known_seq is 'The night in which we learned it (operations.night): that it is not known, from then on.';
comment on column evidence.not_known.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';
