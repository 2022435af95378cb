-- reads: evidence.unmapped, rests, stated
-- changes: evidence.fact
-- counts: facts_written

-- Writes the facts (`stated`, see throughline.evidence.files) of records that became known on a night. There
-- is one fact per record, version and kind, and its id is derived from these. A record states no fact that rests
-- (`rests`) on a code that nobody has mapped, its own or that of the record that it is a line of.
-- count: facts_written
insert into evidence.fact (
    fact_id, subject_source, subject_id, kind, code_system, code, codings, status, amount, value, unit, occurred_at,
    starts_at, ends_at, issued_at, collected_at, day_only, known_seq, source, source_ref, source_version, batch_id, identifiers, detail
)
select
    md5(concat_ws('|', 'fact', s.source, s.source_ref, s.kind, s.source_version))::uuid,
    s.subject_source,
    s.subject_id,
    s.kind,
    s.code_system,
    s.code,
    s.codings,
    s.status,
    s.amount,
    s.value,
    s.unit,
    s.occurred_at,
    s.starts_at,
    s.ends_at,
    s.issued_at,
    s.collected_at,
    s.day_only,
    s.known_seq,
    s.source,
    s.source_ref,
    s.source_version,
    s.batch_id,
    jsonb_strip_nulls(s.identifiers),
    jsonb_strip_nulls(s.detail)
from stated as s
where s.known_seq = %(seq)s and not s.is_deleted
    and not exists (
        select from evidence.unmapped as u
        inner join rests as b on b.field = u.field and b.kind = s.kind
        where u.source = s.source and u.source_ref = s.source_ref and u.source_version = s.source_version
            and u.known_seq <= %(seq)s and (u.retracted_seq is null or u.retracted_seq > %(seq)s)
    )
    and not exists (
        select from evidence.unmapped as u
        inner join rests as b on b.field = u.field and b.kind = s.kind
        where u.source = s.source and u.source_ref = s.part_of
            and u.known_seq <= %(seq)s and (u.retracted_seq is null or u.retracted_seq > %(seq)s)
    )
on conflict do nothing;
