"""What the tests of clinical records share: concepts, records, and the facts that come of them."""

from __future__ import annotations

from typing import Any

from tests.warehouse.deliveries import Hand

LOINC, SNOMED, CVX = "http://loinc.org", "http://snomed.info/sct", "http://hl7.org/fhir/sid/cvx"
NOT_DONE = "http://hl7.org/fhir/us/qicore/StructureDefinition/qicore-notDoneValueSet"
P1 = {"reference": "Patient/p1"}
FACT = """
    select kind, code, codings, status, value::text, unit, occurred_at::text, starts_at::text, ends_at::text, day_only,
        identifiers, detail, known_seq, retracted_seq
    from evidence.fact where source_ref = %s order by known_seq, kind
"""
COLUMNS = (
    "kind", "code", "codings", "status", "value", "unit", "occurred_at", "starts_at", "ends_at", "day_only",
    "identifiers", "detail", "known_seq", "retracted_seq",
)  # fmt: skip


def concept(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in pairs]}


def record(kind: str, key: str, version: int = 1, **said: Any) -> dict[str, Any]:
    """Return a record of a type with what it says."""
    at = f"2026-02-03T11:00:{version:02}Z"
    meta = {"versionId": str(version), "lastUpdated": at}
    return {"resourceType": kind, "id": key, "meta": meta, **said}


def facts(hand: Hand, feed: str, records: list[dict[str, Any]], *refs: str) -> list[dict[str, Any]]:
    """Take in records of a feed, and return the facts that some of them state or stated."""
    counts = hand.take_in(feed, records)
    assert counts.received == len(records)
    hand.facts("patient")
    found = [row for ref in refs for row in hand.rows(FACT, ref)]
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]
