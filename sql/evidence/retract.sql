-- A record that the night retracted takes its facts with it. One statement per record type.

update evidence.fact as f
set retracted_seq = %(seq)s
from core.patient as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'patient/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.coverage as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'coverage/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.consent as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'consent/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.encounter as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'encounter/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.condition as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'condition/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.procedure as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'procedure/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.document_reference as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'document_reference/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.communication as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'communication/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.task as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'task/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.charge_item as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'charge_item/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.appointment as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'appointment/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

-- A line goes with its claim, and when its claim says something else now.
update evidence.fact as f
set retracted_seq = %(seq)s
from (
    select r.source, r.source_id
    from core.claim_line as r
    where r.retracted_seq = %(seq)s
    union
    select r.source, r.source_id
    from core.claim as c
    inner join core.claim_line as r on r.claim_source_id = c.source_id and r.source = c.source
    where c.retracted_seq = %(seq)s
) as r
where f.source = r.source
    and f.source_ref = 'claim_line/' || r.source_id
    and f.known_seq < %(seq)s
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.claim_response as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'claim_response/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.payment_line as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'payment_line/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.payment as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'payment/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.eligibility_response as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'eligibility_response/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;

update evidence.fact as f
set retracted_seq = %(seq)s
from core.payment_notice as r
where r.retracted_seq = %(seq)s
    and f.source = r.source
    and f.source_ref = 'payment_notice/' || r.source_id
    and f.source_version = r.source_version
    and f.known_seq = r.known_seq
    and f.retracted_seq is null;
