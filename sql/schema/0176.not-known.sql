-- depends: 0175.rows-name-their-person

-- A decision ends a row's wait on the night that takes it up, as a correction does.
update quality.quarantine as q
set closed_seq = d.known_seq
from operations.decision as d
where d.decision_id = q.decision_id and q.status = 'rejected' and q.closed_seq is null;

drop index quality.quarantine_undecided;

create index quarantine_undecided on quality.quarantine (batch_id) where closed_seq is null;

-- The rows that were set aside of deliveries that were loaded, for the steps behind: whose they are, not what they say.
create view evidence.row_set_aside as
select
    q.batch_id,
    q.source,
    q.feed,
    b.business_date,
    q.file_id,
    q.row_no,
    q.source_id,
    q.reason,
    q.subject_source,
    q.subject_id,
    q.known_seq,
    b.loaded_seq,
    q.closed_seq
from quality.quarantine as q
inner join landing.batch as b on b.batch_id = q.batch_id
where b.status = 'loaded';

-- What is not known, and of whom: rows of a delivery that were set aside and are neither corrected nor decided. As of
-- the night whose number is set for the transaction (`throughline.seq`), else now. A row that names nobody, or a claim
-- that nobody is known to have, may be about anybody; one that names a patient whom we do not have is about nobody.
create view evidence.not_known as
with moment as (
    select coalesce(nullif(current_setting('throughline.seq', true), '')::bigint, 9223372036854775807) as seq
),

waiting as materialized (
    select q.batch_id, q.feed, q.source, q.subject_source, q.subject_id, q.payer_id, q.from_on, q.until_on, q.reason,
        q.known_seq, q.closed_seq
    from quality.quarantine as q
    where q.closed_seq is null and q.known_seq <= (select m.seq from moment as m)
    union all
    select q.batch_id, q.feed, q.source, q.subject_source, q.subject_id, q.payer_id, q.from_on, q.until_on, q.reason,
        q.known_seq, q.closed_seq
    from quality.quarantine as q
    where q.closed_seq > (select m.seq from moment as m) and q.known_seq <= (select m.seq from moment as m)
),

-- The days of a delivery: from the day after the one before it, until the night that received it.
delivery as materialized (
    select
        b.batch_id,
        b.loaded_seq,
        least(b.business_date, (
            select max(p.business_date) + 1 from landing.batch as p
            where p.source = b.source and p.feed = b.feed and p.status = 'loaded' and p.known_seq < b.known_seq
        )) as from_on,
        greatest(b.business_date, n.business_date) as until_on
    from (select distinct w.batch_id from waiting as w) as w
    inner join landing.batch as b on b.batch_id = w.batch_id and b.status = 'loaded'
    left join operations.night as n on n.seq = b.known_seq
    where b.loaded_seq <= (select m.seq from moment as m)
)

select distinct
    l.person_id,
    w.source,
    w.feed,
    w.payer_id,
    coalesce(w.from_on, d.from_on) as from_on,
    coalesce(w.until_on, d.until_on) as until_on,
    w.reason as why,
    md5(concat_ws('|', 'exception', 'rows_set_aside', 'batch', w.batch_id))::uuid as exception_id,
    greatest(w.known_seq, d.loaded_seq) as known_seq,
    w.closed_seq
from waiting as w
inner join delivery as d on d.batch_id = w.batch_id
left join operations.feed as f on f.source = w.source and f.feed = w.feed
left join identity.link as l
    on l.source = w.subject_source and l.source_id = w.subject_id and l.status = 'active'
    and l.known_seq <= (select m.seq from moment as m)
    and (l.retired_seq is null or l.retired_seq > (select m.seq from moment as m))
where l.person_id is not null or w.subject_id is null or w.subject_source = 'pcn' or f.may_be_first;

revoke all on evidence.not_known, evidence.row_set_aside from throughline_loop, throughline_loader, throughline_reader;

grant select on evidence.not_known, evidence.row_set_aside to throughline_loop, throughline_reader;

comment on column quality.quarantine.closed_seq is 'The night in which it ended (operations.night): was loaded, corrected or rejected. Null: it has not.';

comment on view evidence.row_set_aside is 'A row of a loaded delivery that was set aside, for one reason: whose it is, and not what it says.';
comment on column evidence.row_set_aside.batch_id is 'The delivery (landing.batch).';
comment on column evidence.row_set_aside.source is 'The system of record, by the name of its definition.';
comment on column evidence.row_set_aside.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.row_set_aside.business_date is 'The day that the delivery is about.';
comment on column evidence.row_set_aside.file_id is 'The file (landing.file).';
comment on column evidence.row_set_aside.row_no is 'Which row of the file it was, counted from 1.';
comment on column evidence.row_set_aside.source_id is 'The id of the record in its source. Null: it could not be read.';
comment on column evidence.row_set_aside.reason is 'The rule that it broke, or the fault of its reader, as a code.';
comment on column evidence.row_set_aside.subject_source is 'Which system''s number subject_id is, as in evidence.fact. Null: the row names nobody.';
comment on column evidence.row_set_aside.subject_id is 'The patient or the claim that the row names. Null: nobody.';
comment on column evidence.row_set_aside.known_seq is 'The night in which we learned it (operations.night).';
comment on column evidence.row_set_aside.loaded_seq is 'The night that loaded the delivery (operations.night).';
comment on column evidence.row_set_aside.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';

comment on view evidence.not_known is 'What is not known, and of whom, as of the night whose number is set for the transaction (throughline.seq), else now: what rows that were set aside, and nobody has decided about, would have proven.';
comment on column evidence.not_known.person_id is 'The person whom the row names. Null: it names nobody, so it may be about anybody.';
comment on column evidence.not_known.source is 'The system of record, by the name of its definition.';
comment on column evidence.not_known.feed is 'The feed, by its name in the catalogue.';
comment on column evidence.not_known.payer_id is 'Only payments of this payer. Null: no such limit.';
comment on column evidence.not_known.from_on is 'The first day that it may be about. Null: any day.';
comment on column evidence.not_known.until_on is 'The last day that it may be about.';
comment on column evidence.not_known.why is 'The rule that the row broke, or the fault of its reader, as a code.';
comment on column evidence.not_known.exception_id is 'The exception on which the stages wait that rest on it (operations.exception).';
comment on column evidence.not_known.known_seq is 'The night in which we learned it (operations.night): that it is not known, from then on.';
comment on column evidence.not_known.closed_seq is 'The night in which it ended (operations.night). Null: it has not.';
