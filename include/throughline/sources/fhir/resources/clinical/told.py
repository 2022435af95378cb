"""What clinical records have in common: all codings of a concept, days that are only days, ids and numbers."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.fhir.choose import identifier_typed
from throughline.sources.fhir.values import (
    Coding,
    Concept,
    Extension,
    Identifier,
    Period,
    Reference,
    Unreadable,
    first_day,
    last_day,
    moment,
    target,
)

NOT_DONE_VALUE_SET = "notDoneValueSet"
"""How the address of an extension of a concept ends that says: nothing of this value set was done.

Of three publishers: FHIR (cqf-), QI-Core (qicore-) and US Quality Core (us-quality-core-), in their profiles of
negations; read 2026-12-01.
"""
Moments = tuple[str | None, str | None, bool | None]


class _Said(Extension):
    value_canonical: str | None = None
    value_uri: str | None = None


class Named(Concept):
    """A concept that may stand for a whole value set of which nothing was done."""

    extension: list[_Said] = []

    @property
    def not_done_value_set(self) -> str | None:
        """The address of that value set, without its version."""
        for each in self.extension:
            if each.url.endswith(NOT_DONE_VALUE_SET):
                return (each.value_canonical or each.value_uri or "").partition("|")[0] or None
        return None


def _pairs(concepts: Iterable[Concept | None]) -> list[dict[str, str]]:
    found: dict[tuple[str | None, str], dict[str, str]] = {}
    for concept in concepts:
        for c in concept.coding if concept is not None else ():
            if c.code:
                said = {"system": c.system, "code": c.code} if c.system else {"code": c.code}
                found.setdefault((c.system, c.code), said)
    return list(found.values())


def codings(*concepts: Concept | None) -> str | None:
    """Return the codings of some concepts if there are several: a single one stands in `code` already."""
    found = _pairs(concepts)
    return msgspec.json.encode(found).decode() if len(found) > 1 else None


def codes(coding: Coding | None) -> tuple[str | None, str | None]:
    """Return system and code of a coding."""
    return (coding.system or None, coding.code) if coding is not None else (None, None)


def ids(references: Iterable[Reference | None], kind: str | None = None) -> str | None:
    """Return the ids that references name as a JSON array, or None; with `kind`, only of those to that type."""
    found = list(dict.fromkeys(i for r in references if (i := target(r, kind))))
    return msgspec.json.encode(found).decode() if found else None


def orders(references: Iterable[Reference | None]) -> str | None:
    """Return the ids of the orders (ServiceRequest) that references name, as `ids`."""
    return ids(references, "ServiceRequest")


def numbers(identifiers: list[Identifier], *types: str) -> str | None:
    """Return the first identifier that has one of `types` (HL7 v2 table 0203): an accession, an order's number."""
    return next((v for t in types if (v := identifier_typed(identifiers, t)) is not None), None)


def when(text: str | None, zone: ZoneInfo) -> Moments:
    """Return when something was, up to when it may have been, and whether only days are said.

    The second is None for an instant and for a day. Of a year or a month alone, the first is its beginning and the
    second its end, in `zone`: it may have been on any day of it. Raises `Unreadable`.
    """
    if not text:
        return None, None, None
    if len(text) < 8:
        return (
            _midnight(first_day(text, zone), zone),
            _midnight(last_day(text, zone), zone, 1),
            True,
        )
    return moment(text, zone), None, len(text) == 10


def over(text: str | None, period: Period | None, zone: ZoneInfo) -> Moments:
    """Return start, end, and whether only days are said, of what has an instant or a period.

    The end of a period that is a day holds that day (FHIR R4, Period). Raises `Unreadable`.
    """
    if text or period is None:
        return when(text, zone)
    start, until, only_day = when(period.start, zone)
    if period.end:
        until = (
            _midnight(last_day(period.end, zone), zone, 1)
            if len(period.end) <= 10
            else moment(period.end, zone)
        )
    return start, until, only_day


def _midnight(day: str | None, zone: ZoneInfo, later: int = 0) -> str | None:
    if day is None:
        return None
    try:
        on = date.fromisoformat(day) + timedelta(days=later)
    except (ValueError, OverflowError):
        raise Unreadable("date_unreadable") from None
    return moment(datetime.combine(on, time(), zone).isoformat(), zone)
