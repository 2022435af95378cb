"""Writes X12 005010: elements, segments, and the envelope from ISA to IEA.

It is small on purpose, and shares no code with the readers: before an 837P is sent, an independent validator
(pyx12) reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from throughline.tasks.wire.letters import NoFormError, folded

ELEMENT, COMPONENT, REPETITION, END = "*", ":", "^", "~"
_SIGNS = r"A-Z0-9!\"&'()+,\-./;?=%@\[\]_{}\\|<>#$"
"""The basic and extended character sets of X12, without our separators and the blank."""
_BASIC = re.compile(f"[^{_SIGNS} ]")
_READY = re.compile(f"[{_SIGNS}]+(?: [{_SIGNS}]+)*")
"""A text with single blanks between its words: most are one, in upper case, and stay as they are."""

# Values that are written unchanged may contain only these characters.
_EXACT = re.compile(r"[A-Za-z0-9 !\"&'()+,\-./;?=%@\[\]_{}\\|<>#$]*")

Component = str | None
Element = str | None | tuple[Component, ...]


class Unwritable(ValueError):
    """A value cannot be written in X12. The message names the element, or what it is, never the value."""


@dataclass(frozen=True)
class Envelope:
    """Sender, receiver, time (the practice's local time) and control number (ISA13) of an interchange."""

    sender: str
    receiver: str
    at: datetime
    control_number: str
    is_test: bool = False


def is_writable(value: object) -> bool:
    """Return whether a code or a number can be written unchanged."""
    return _EXACT.fullmatch(str(value)) is not None


def plain(text: object, longest: int = 60, what: str = "a text") -> str:
    """Return text in X12's character set: upper case, no accents, no separators, at most `longest` characters.

    No letter is left out: `Weiß` is WEISS. Raises `Unwritable`, which names `what`, for a letter that has no
    form in X12, and for a text of which nothing can be written.
    """
    said = str(text or "")
    if said.isascii() and len(said) <= longest and _READY.fullmatch(upper := said.upper()):
        return upper
    try:
        found = " ".join(_BASIC.sub(" ", folded(said)).split())[:longest].rstrip()
    except NoFormError:
        raise Unwritable(f"{what} has a letter that X12 has not, nor a Latin form of it") from None
    if said.strip() and not found:
        raise Unwritable(f"{what} has nothing that can be written in X12")
    return found


@lru_cache(maxsize=4096, typed=True)
def money(amount: object) -> str:
    """Return an amount in X12 format: no trailing zeros, no exponent."""
    text = f"{Decimal(str(amount)):.2f}"
    return text.rstrip("0").rstrip(".")


@lru_cache(maxsize=4096, typed=True)
def quantity(units: object) -> str:
    """Return a number of units with all its digits, without trailing zeros or an exponent."""
    text = f"{Decimal(str(units)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=4096, typed=True)
def day(value: date | str) -> str:
    """Return a date as CCYYMMDD; a text is an ISO date."""
    on = date.fromisoformat(value) if isinstance(value, str) else value
    return on.isoformat()[:10].replace("-", "")


def segment(tag: str, *elements: Element) -> str:
    """Return one segment, without empty elements at its end. Raises `Unwritable`."""
    out = [tag]
    for place, element in enumerate(elements, start=1):
        for part in element if isinstance(element, tuple) else (element,):
            if not is_writable(part or ""):
                raise Unwritable(f"{tag}{place:02d} cannot be written in X12")
        if isinstance(element, tuple):
            parts = [part or "" for part in element]
            while parts and not parts[-1]:
                parts.pop()
            out.append(COMPONENT.join(parts))
        else:
            out.append(element or "")
    while len(out) > 1 and not out[-1]:
        out.pop()
    return ELEMENT.join(out) + END


def interchange(
    envelope: Envelope, functional_id: str, version: str, set_id: str, body: Iterable[str]
) -> bytes:
    """Return an interchange (ISA to IEA) with one group and one transaction set; `body` goes between ST and SE."""
    at, control = envelope.at, envelope.control_number.zfill(9)
    sender, receiver = envelope.sender, envelope.receiver
    inner = list(body)
    lines = [
        ELEMENT.join((
            "ISA", "00", " " * 10, "00", " " * 10, "ZZ", sender[:15].ljust(15),
            "ZZ", receiver[:15].ljust(15), at.strftime("%y%m%d"), at.strftime("%H%M"),
            REPETITION, "00501", control, "0", "T" if envelope.is_test else "P", COMPONENT,
        )) + END,
        segment("GS", functional_id, sender[:15], receiver[:15], day(at.date()), at.strftime("%H%M"),
                str(int(control)), "X", version),
        segment("ST", set_id, "0001", version),
        *inner,
        segment("SE", str(len(inner) + 2), "0001"),
        segment("GE", "1", str(int(control))),
        segment("IEA", "1", control),
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode("ascii")


def sex(value: object) -> str:
    """Return a person's sex as X12 writes it: F, M or U."""
    said = str(value or "").strip().upper()
    return said if said in ("F", "M") else "U"


def digits(value: object) -> str:
    """Return the digits of a number."""
    said = str(value or "")
    return said if said.isdecimal() else re.sub(r"\D", "", said)


def zip_code(value: object) -> str:
    """Return a ZIP code: five digits or nine."""
    return digits(value)[:9]
