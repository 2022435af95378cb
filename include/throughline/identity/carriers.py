"""Derives from the catalogue of feeds which records carry identifiers that link persons."""

from __future__ import annotations

from collections.abc import Iterable

from throughline.sources import catalogue
from throughline.sources.entry import Entry

# Whose links a record may change: its subject's, or those of the person a claim number belongs to.
_CARRIER = """
select
    {subject_source} as subject_source,
    {subject_id} as subject_id,
    {claim_number} as claim_number,
    known_seq,
    retracted_seq
from core.{table}"""

_BY_RECORD_NUMBER = """
select c.subject_source as source, c.subject_id as source_id, n.prefix || c.mrn as mrn
from w_record as r
inner join core.{table} as c on c.subject_source = r.source and c.subject_id = r.source_id
left join operations.source as o on o.source = c.source
cross join lateral unnest(coalesce(o.number_prefixes, array[''])) as n (prefix)
where c.retracted_seq is null and not c.is_deleted"""

# Families share a member number: only with a birth date does it identify one person.
_BY_MEMBER = """
select
    c.subject_source as source,
    c.subject_id as source_id,
    c.payer_id || '|' || c.member_id as member,
    c.birth_date
from w_record as r
inner join core.{table} as c on c.subject_source = r.source and c.subject_id = r.source_id
where c.retracted_seq is null and not c.is_deleted"""

# In a record about a patient, the birth date is the patient's.
_BY_MEMBER_OF_PATIENT = """
select
    c.subject_source as source,
    c.subject_id as source_id,
    c.payer_id || '|' || c.member_id as member,
    p.birth_date
from w_record as r
inner join core.{table} as c on c.subject_source = r.source and c.subject_id = r.source_id
left join core.patient as p
    on p.source = c.subject_source and p.source_id = c.subject_id and p.retracted_seq is null
where c.retracted_seq is null and not c.is_deleted
    and coalesce(c.status, 'active') not in ('entered-in-error', 'cancelled')"""


def carriers() -> dict[str, str]:
    """Return the relations that `sql/identity/records.sql` reads: name to a query over all feeds."""
    return {
        "carrier": _union(_carrier(feed) for feed in catalogue.FEEDS if feed.links),
        "by_record_number": _union(
            _BY_RECORD_NUMBER.format(table=feed.table.name)
            for feed in catalogue.FEEDS
            if "record_number" in feed.links
        ),
        "by_member": _union(
            (_BY_MEMBER_OF_PATIENT if feed.subject == "patient" else _BY_MEMBER).format(
                table=feed.table.name
            )
            for feed in catalogue.FEEDS
            if "member" in feed.links
        ),
    }


def _carrier(feed: Entry) -> str:
    by_subject = set(feed.links) != {"claim"}
    return _CARRIER.format(
        table=feed.table.name,
        subject_source="subject_source" if by_subject else "null::text",
        subject_id="subject_id" if by_subject else "null::text",
        claim_number="patient_control_number" if "claim" in feed.links else "null::text",
    )


def _union(queries: Iterable[str]) -> str:
    return "\nunion all\n".join(query.strip() for query in queries)
