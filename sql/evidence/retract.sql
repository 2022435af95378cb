-- reads: gone
-- changes: evidence.fact, evidence.unmapped
-- counts: facts_retracted

-- Retracts the facts of records that the night retracted. It runs for each table whose records state facts:
-- `gone` holds those records, see throughline.evidence.ledger. A record that follows another states its
-- facts under either one's version, so all its earlier facts are retracted.
-- count: facts_retracted
update evidence.fact as f
set retracted_seq = %(seq)s
from gone as r
where f.source = r.source
    and f.source_ref = r.source_ref
    and case
        when r.source_version is null then f.known_seq < %(seq)s
        -- it may have become known later, when a code of the record was mapped
        else f.source_version = r.source_version
            and (f.known_seq = r.known_seq or (f.known_seq > r.known_seq and f.known_seq < %(seq)s))
    end
    and f.retracted_seq is null;

update evidence.unmapped as u
set retracted_seq = %(seq)s
from gone as r
where u.source = r.source
    and u.source_ref = r.source_ref
    and (r.source_version is null or u.source_version = r.source_version)
    and u.known_seq < %(seq)s
    and u.retracted_seq is null;
