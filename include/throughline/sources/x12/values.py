"""Converts elements of X12 to Python values. Unreadable ones become None; nothing is guessed.

Results are cached, because dates and amounts repeat within a file.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import md5

from throughline.sources.records import one_line

LARGEST = Decimal("999999999999")
SYSTEMS = frozenset({"AD", "ER", "HC", "HP", "IV", "N4", "N6", "NU", "UI", "WK"})
"""What a service may be named by (X12 235 as 005010X221A1 allows it): CDT, HCPCS, HIPPS, NDC, revenue codes."""


@lru_cache(maxsize=65536)
def number(text: str) -> Decimal | None:
    """Return an R element (`12`, `-3.5`) as a number, or None."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) > LARGEST or "_" in text or not text.isascii():
        return None
    return value


@lru_cache(maxsize=65536)
def money(text: str) -> Decimal | None:
    """Return an amount in dollars and whole cents, or None: a fraction of a cent was never paid."""
    value = number(text) if text else None
    return value if value is None or value == round(value, 2) else None


@lru_cache(maxsize=65536)
def day(text: str) -> date | None:
    """Return a date: CCYYMMDD (D8, the first 8 of DT) or the YYMMDD of an ISA; else None."""
    if len(text) == 6:
        text = f"20{text}"
    if len(text) not in (8, 12, 14) or not text.isascii() or not text.isdigit():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def period(qualifier: str, text: str) -> tuple[date | None, date | None]:
    """Return the first and last day of a DTP02/DTP03 pair; a single day is both."""
    if qualifier == "RD8" or (len(text) == 17 and text[8] == "-"):
        first, _, last = text.partition("-")
        return day(first), day(last)
    only = day(text)
    return only, only


@lru_cache(maxsize=65536)
def since(qualifier: str, text: str) -> tuple[date | None, date | None]:
    """Return the first and last day of a benefit's DTP02/DTP03 pair; a single day (D8) is a beginning."""
    first, last = period(qualifier, text)
    is_range = qualifier == "RD8" or "-" in text
    return first, last if is_range else None


def moment(day_text: str, time_text: str) -> datetime | None:
    """Return date and time of an ISA, GS or BHT, without a time zone: X12 names none."""
    on = day(day_text)
    if on is None:
        return None
    digits = time_text[:6]
    if len(digits) in (4, 6) and digits.isascii() and digits.isdigit():
        seconds = int(digits[4:6] or 0)
        try:
            return datetime(  # noqa: DTZ001
                on.year, on.month, on.day, int(digits[:2]), int(digits[2:4]), seconds
            )
        except ValueError:
            return None
    return datetime(on.year, on.month, on.day)  # noqa: DTZ001


def at(elements: list[str], index: int) -> str:
    """Return element `index` of a segment without surrounding blanks, or an empty string."""
    try:
        return elements[index].strip()
    except IndexError:
        return ""


def name_at(elements: list[str], index: int) -> str | None:
    """Return the name in element `index`, in one line and without entities (`O&#39;BRIEN`), or None."""
    return one_line(at(elements, index)) or None


def code_of(parts: list[str]) -> str | None:
    """Return the code of a service (SVC01, SVC06, SV101, SV202); None if it is of a system that nobody knows.

    `parts` begin with the qualifier (X12 235), which says what system the code is of.
    """
    is_known = len(parts) > 1 and parts[0].strip().upper() in SYSTEMS
    return (parts[1].strip() or None) if is_known else None


@lru_cache(maxsize=4096)
def text_of(on: date | None) -> str:
    """Return a day as text, or an empty string."""
    return "" if on is None else on.isoformat()


def member(payer_id: str | None, member_id: str | None) -> str | None:
    """Return the number by which a payer's member is known; None if one part is not."""
    return f"{payer_id}|{member_id}" if payer_id and member_id else None


class _Reprs(dict[object, str]):
    """What `repr` says of a day or of None: that of a date takes as long as the rest of a row."""

    def __missing__(self, value: object) -> str:
        if len(self) >= 65536:
            self.clear()
        said = self[value] = repr(value)
        return said


REPR = _Reprs()


def digest(values: tuple[object, ...]) -> str:
    """Return a short text that differs where values do, and is the same on every machine."""
    # what repr(values) is
    parts = [REPR[each] if type(each) is date else repr(each) for each in values]
    return short(f"({', '.join(parts)})")


def short(text: str) -> str:
    """Return a short text that differs where texts do, and is the same on every machine."""
    return md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:12]
