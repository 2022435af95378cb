"""Segments and envelopes of X12 005010: how bytes become segments and segments become bytes.

A segment is a tuple: its tag, then its elements. An element is a string or, when composite, a tuple
of strings. Source of the rules: X12.5 (interchange control) and X12.6 (application control), whose
ISA is the one segment of fixed length (106 bytes with its terminator).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

Element: TypeAlias = "str | tuple[str, ...]"
Segment: TypeAlias = "tuple[Element, ...]"


class X12Refused(ValueError):
    """Bytes that cannot be read as X12. The message gives the reason, never patient data."""


@dataclass(frozen=True)
class Delimiters:
    """The four characters an interchange declares in its ISA, and what its writer puts after a segment."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_end: str = "\n"


LINES = Delimiters()
RUNNING = Delimiters(line_end="")
PIPES = Delimiters(element="|", component=">", terminator="~", line_end="\r\n")


_WITHOUT_MARKS = str.maketrans(
    {"Æ": "AE", "Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "Œ": "OE", "Þ": "TH", "’": "'"}
)
"""Letters of names that Unicode does not take apart, in upper case."""


def money(amount: Decimal) -> str:
    """Write an amount as X12 type R: no exponent, no trailing zeros, no leading plus."""
    text = format(amount.quantize(Decimal("0.01")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(value: date) -> str:
    """Write a date as D8."""
    return value.strftime("%Y%m%d")


def plain(text: str, longest: int = 60) -> str:
    """Fold a name to what X12's basic character set can carry, at most ``longest`` characters."""
    apart = unicodedata.normalize("NFKD", text.upper().translate(_WITHOUT_MARKS))
    folded = apart.encode("ascii", "ignore").decode()
    kept = "".join(c if c.isalnum() or c in " .,-'/&()" else " " for c in folded)
    return " ".join(kept.split())[:longest].strip()


def seg(tag: str, *elements: Element | None) -> Segment:
    """Make a segment; ``None`` and empty elements at its end are left out."""
    kept: list[Element] = ["" if e is None else e for e in elements]
    while kept and (not kept[-1] or not any(kept[-1])):
        kept.pop()
    return (tag, *kept)


def text_of(segment: Segment, at: int) -> str:
    """Return element ``at`` (1-based, as the guides count) as text; a composite gives its first component."""
    if at >= len(segment):
        return ""
    element = segment[at]
    return element if isinstance(element, str) else (element[0] if element else "")


def parts_of(segment: Segment, at: int) -> tuple[str, ...]:
    """Return element ``at`` (1-based) as its components."""
    if at >= len(segment):
        return ()
    element = segment[at]
    return (element,) if isinstance(element, str) else element


@dataclass
class Transaction:
    """One ST..SE: its set (``837``), guide (``005010X222A1``), control number and the segments between."""

    set_id: str
    version: str
    body: list[Segment]
    control: str = ""


@dataclass
class Group:
    """One GS..GE. ``functional_id`` is GS01: HC claims, FA 999, HN 277CA, HB 271, HP 835, HS 270."""

    functional_id: str
    sender: str
    receiver: str
    version: str
    transactions: list[Transaction] = field(default_factory=list)
    control: str = ""
    written_at: str = ""


@dataclass
class Interchange:
    """One ISA..IEA; ``raw`` holds its bytes as they were read."""

    sender: str
    receiver: str
    control: str
    groups: list[Group] = field(default_factory=list)
    written_at: datetime | None = None
    raw: bytes = b""


def render(interchange: Interchange, delimiters: Delimiters = LINES) -> bytes:
    """Write an interchange with its envelopes, counts and control numbers.

    Groups and transactions without a control number are numbered from 1. ``written_at`` is local time.
    """
    if interchange.written_at is None:
        raise ValueError("an interchange needs the time it was written at")
    at = interchange.written_at
    out: list[str] = []
    out.append(_isa(interchange, at, delimiters))
    for g_number, group in enumerate(interchange.groups, start=1):
        g_control = group.control or str(g_number)
        out.append(
            _line(
                seg(
                    "GS", group.functional_id, group.sender, group.receiver, day(at),
                    at.strftime("%H%M%S"), g_control, "X", group.version,
                ),
                delimiters,
            )
        )  # fmt: skip
        for t_number, transaction in enumerate(group.transactions, start=1):
            control = transaction.control or f"{t_number:04d}"
            # The 835 guide has no ST03 (implementation reference); all others require it.
            st03 = None if transaction.set_id == "835" else transaction.version
            out.append(_line(seg("ST", transaction.set_id, control, st03), delimiters))
            out.extend(_line(s, delimiters) for s in transaction.body)
            out.append(_line(seg("SE", str(len(transaction.body) + 2), control), delimiters))
        out.append(_line(seg("GE", str(len(group.transactions)), g_control), delimiters))
    out.append(_line(seg("IEA", str(len(interchange.groups)), interchange.control), delimiters))
    return "".join(out).encode("ascii", "replace")


def render_ta1(
    sender: str, receiver: str, control: str, at: datetime, about_control: str, code: str, note: str
) -> bytes:
    """Write an interchange that holds a TA1 alone: ``code`` A, E or R; ``note`` e.g. 025 duplicate control number."""
    head = _isa(Interchange(sender, receiver, control, written_at=at), at, LINES)
    ta1 = seg("TA1", about_control, at.strftime("%y%m%d"), at.strftime("%H%M"), code, note)
    return (head + _line(ta1, LINES) + _line(seg("IEA", "0", control), LINES)).encode("ascii")


def parse(content: bytes) -> list[Interchange]:
    """Read every interchange of a file.

    Raises :class:`X12Refused` when an envelope cannot be read, with the byte offset of the interchange.
    """
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise X12Refused(f"not ASCII at byte {error.start}") from None
    found: list[Interchange] = []
    position = 0
    while True:
        while position < len(text) and text[position] in "\r\n \t":
            position += 1
        if position >= len(text):
            break
        interchange, position = _parse_one(text, position)
        found.append(interchange)
    if not found:
        raise X12Refused("the file is empty")
    return found


def _parse_one(text: str, start: int) -> tuple[Interchange, int]:
    if not text.startswith("ISA", start) or len(text) < start + 106:
        raise X12Refused(f"no ISA at offset {start}")
    delimiters = Delimiters(text[start + 3], text[start + 104], text[start + 82], text[start + 105])
    isa = text[start : start + 105].split(delimiters.element)
    if len(isa) != 17:
        raise X12Refused(f"ISA at offset {start} has {len(isa) - 1} elements")
    interchange = Interchange(isa[6].strip(), isa[8].strip(), isa[13])
    group: Group | None = None
    transaction: Transaction | None = None
    position = start + 106
    while True:
        end = text.find(delimiters.terminator, position)
        if end < 0:
            raise X12Refused(f"interchange at offset {start} has no IEA")
        raw = text[position:end].strip("\r\n ")
        position = end + 1
        if not raw:
            continue
        segment = _segment(raw, delimiters)
        tag = segment[0]
        if tag == "IEA":
            if text_of(segment, 2) != interchange.control:
                raise X12Refused("IEA02 differs from ISA13")
            if text_of(segment, 1) != str(len(interchange.groups)):
                raise X12Refused("IEA01 does not count the groups")
            interchange.raw = text[start:position].encode("ascii")
            return interchange, position
        if tag == "GS":
            group = Group(
                text_of(segment, 1), text_of(segment, 2), text_of(segment, 3), text_of(segment, 8),
                control=text_of(segment, 6), written_at=text_of(segment, 4) + text_of(segment, 5),
            )  # fmt: skip
            interchange.groups.append(group)
        elif tag == "ST":
            if group is None:
                raise X12Refused("ST outside a group")
            transaction = Transaction(
                text_of(segment, 1), text_of(segment, 3) or group.version, [], text_of(segment, 2)
            )
            group.transactions.append(transaction)
        elif tag == "SE":
            if transaction is None:
                raise X12Refused("SE without ST")
            # Kept at the end of the body, so that the syntax check can compare its count.
            transaction.body.append(segment)
            transaction = None
        elif tag == "GE":
            group = None
        elif transaction is not None:
            transaction.body.append(segment)


def _segment(raw: str, delimiters: Delimiters) -> Segment:
    elements: list[Element] = []
    for element in raw.split(delimiters.element):
        if delimiters.component in element:
            elements.append(tuple(element.split(delimiters.component)))
        else:
            elements.append(element)
    return tuple(elements)


def _isa(interchange: Interchange, at: datetime, delimiters: Delimiters) -> str:
    fields: Sequence[str] = (
        "ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{interchange.sender:<15}", "ZZ",
        f"{interchange.receiver:<15}", at.strftime("%y%m%d"), at.strftime("%H%M"),
        delimiters.repetition, "00501", interchange.control, "0", "P", delimiters.component,
    )  # fmt: skip
    return delimiters.element.join(fields) + delimiters.terminator + delimiters.line_end


def _line(segment: Segment, delimiters: Delimiters) -> str:
    elements: Iterable[str] = (_element(e, delimiters) for e in segment)
    return delimiters.element.join(elements) + delimiters.terminator + delimiters.line_end


def _element(element: Element, delimiters: Delimiters) -> str:
    if isinstance(element, str):
        return _clean(element, delimiters)
    components = [_clean(c, delimiters) for c in element]
    while components and not components[-1]:
        components.pop()
    return delimiters.component.join(components)


def _clean(text: str, delimiters: Delimiters) -> str:
    for character in (delimiters.element, delimiters.component, delimiters.terminator):
        if character in text:
            text = text.replace(character, " ")
    return text
