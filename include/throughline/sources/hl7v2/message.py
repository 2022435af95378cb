"""One HL7 v2 message: fields by segment, repetitions, components, escapes, times."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from throughline.sources.files import decode
from throughline.sources.records import entities, until_separator

_TIME = re.compile(
    r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,9}))?\s*(?:([+-])(\d{2}):?(\d{2}))?$",
    re.ASCII,
)
_PART = re.compile(r"(\d{4})(\d{2})?", re.ASCII)
"""A year, or a month of one."""
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)$")


class Message:
    """The segments of one message, split into fields; `MSH-1` and `MSH-2` are counted as written."""

    __slots__ = (
        "_by_tag",
        "_escapes",
        "_is_plain",
        "component",
        "escape",
        "fields",
        "repetition",
        "subcomponent",
    )

    def __init__(self, segments: list[str]) -> None:
        """Split a message. Raises `ValueError` if its first segment is not an MSH."""
        head = segments[0]
        if head[:3] != "MSH" or len(head) < 4 or head[3].isalnum() or head[3].isspace():
            raise ValueError("header_unreadable")
        separator = head[3]
        marks = head[4:].split(separator, 1)[0]
        after = head[4 + len(marks) :]
        if any(mark.isalnum() for mark in marks):
            marks = ""
        defaults = "^~\\&"
        marks = marks[:4] + defaults[len(marks[:4]) :]
        self.component, self.repetition = marks[0], marks[1]
        self.escape, self.subcomponent = marks[2], marks[3]
        self._escapes: dict[str, str] | None = None
        # most messages have no subcomponent, escape or entity anywhere, and need no look at each part
        rest = "".join((after, *segments[1:]))
        self._is_plain = not (self.subcomponent in rest or self.escape in rest or "&" in rest)
        self.fields = [segment.split(separator) for segment in segments]
        # MSH-1 is the separator itself: put it in its place, so that fields[n] is MSH-n
        self.fields[0].insert(1, separator)
        self._by_tag: dict[str, list[list[str]]] = {}
        for fields in self.fields:
            self._by_tag.setdefault(fields[0], []).append(fields)

    def first(self, tag: str) -> list[str]:
        """Return the fields of the first segment of this kind, or none."""
        found = self._by_tag.get(tag)
        return found[0] if found is not None else []

    def every(self, tag: str) -> list[list[str]]:
        """Return the fields of every segment of this kind."""
        return self._by_tag.get(tag, [])

    def repetitions(self, fields: list[str], index: int) -> list[list[str]]:
        """Return the repetitions of a field, each as its components; empty ones are left out."""
        if index >= len(fields) or not (field := fields[index]):
            return []
        if self.repetition not in field:
            return [field.split(self.component)]
        return [
            repetition.split(self.component)
            for repetition in field.split(self.repetition)
            if repetition
        ]

    def value(self, fields: list[str], index: int, component: int = 1) -> str | None:
        """Return one component of the first repetition of a field, unescaped, or None."""
        if index >= len(fields) or not (field := fields[index]):
            return None
        if self.repetition in field:
            field = field.split(self.repetition, 1)[0]
        if self.component in field:
            return self.part(field.split(self.component), component)
        if component > 1:
            return None
        return self.part((field,), 1)

    def coded(self, fields: list[str], index: int) -> tuple[str | None, str | None]:
        """Return code and text (CWE-1, -2) of the first repetition of a field, unescaped, or None."""
        if index >= len(fields) or not fields[index]:
            return None, None
        field = fields[index]
        if self.repetition in field:
            field = field.split(self.repetition, 1)[0]
        if self.component not in field:
            return self.part((field,), 1), None
        components = field.split(self.component)
        return self.part(components, 1), self.part(components, 2)

    def part(self, components: Sequence[str], component: int) -> str | None:
        """Return component `component` (from 1): its first subcomponent, unescaped, or None.

        Interface engines that pass messages through XML leave entities behind (`O&apos;Brien`); no subcomponent
        begins like one.
        """
        if component > len(components):
            return None
        text = components[component - 1]
        if not text:
            return None
        if not self._is_plain:
            if self.subcomponent in text:
                text = until_separator(text, self.subcomponent)
            if self.escape in text:
                text = self._unescape(text)
            if "&" in text:
                text = entities(text)
        text = text.strip()
        # a pair of quotes ("") means: delete the value
        return text if text and text != '""' else None

    def subparts(self, components: list[str], component: int) -> list[str]:
        """Return all subcomponents of component `component` (from 1), unescaped."""
        if component > len(components):
            return []
        text = components[component - 1]
        if self.escape in text:
            return [self._unescape(part).strip() for part in text.split(self.subcomponent)]
        return [part.strip() for part in text.split(self.subcomponent)]

    def _unescape(self, text: str) -> str:
        pieces = text.split(self.escape)
        if len(pieces) < 3:
            return text
        if self._escapes is None:
            self._escapes = {
                "F": self.fields[0][1],
                "S": self.component,
                "R": self.repetition,
                "E": self.escape,
                "T": self.subcomponent,
                ".br": "\n",
                ".sp": "\n",
            }
        out = [pieces[0]]
        index = 1
        while index < len(pieces):
            code = pieces[index]
            if index + 1 < len(pieces):
                if code in self._escapes:
                    out.append(self._escapes[code] + pieces[index + 1])
                    index += 2
                    continue
                if found := _HEX.match(code):
                    raw = bytes.fromhex(found.group(1)).replace(b"\x00", b"")
                    out.append(decode(raw)[0] + pieces[index + 1])
                    index += 2
                    continue
                if code in ("H", "N") or code[:1] in ("C", "M", "Z", "."):
                    # highlighting and similar escapes, which add no text
                    out.append(pieces[index + 1])
                    index += 2
                    continue
            out.append(self.escape + code)
            index += 1
        return "".join(out)


def moment(text: str | None, zone: ZoneInfo | timezone) -> datetime | None:
    """Return a DTM as a moment; one without offset is local to `zone`. None if there is no day."""
    return _moment(text, zone) if text else None


@lru_cache(maxsize=16384)
def _moment(text: str, zone: ZoneInfo | timezone) -> datetime | None:
    found = _TIME.match(text.strip())
    if found is None or found.group(3) is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction = (found.group(7) or "0").ljust(6, "0")[:6]
    offset: ZoneInfo | timezone = zone
    try:
        if found.group(8):
            away = timedelta(hours=int(found.group(9)), minutes=int(found.group(10)))
            offset = timezone(away if found.group(8) == "+" else -away)
        if second == 60:
            second = 59
        local = datetime(year, month, day, hour, minute, second, int(fraction), tzinfo=offset)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def last_day(text: str | None, zone: ZoneInfo | timezone) -> date | None:
    """Return the last day that a DTM may mean, in `zone`: of a month or year alone its last. None if it has neither."""
    found = moment(text, zone)
    if found is not None:
        return found.astimezone(zone).date()
    part = _PART.fullmatch((text or "").strip())
    if part is None:
        return None
    year, month = int(part.group(1)), int(part.group(2) or 12)
    return date(year, month, monthrange(year, month)[1]) if year and 1 <= month <= 12 else None


def offset_of(text: str | None) -> timezone | None:
    """Return the offset that a DTM names, or None."""
    tail = (text or "").strip()
    tail = (tail[:-3] + tail[-2:] if tail[-3:-2] == ":" else tail)[-5:]
    return _offset(tail) if tail[:1] in ("+", "-") else None


@lru_cache(maxsize=256)
def _offset(text: str) -> timezone | None:
    if len(text) != 5 or not (text[1:].isascii() and text[1:].isdigit()):
        return None
    away = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    try:
        return timezone(away if text[0] == "+" else -away)
    except ValueError:
        return None


def day(text: str | None) -> date | None:
    """Return the day of a DT or DTM, or None when it is not a whole date."""
    digits = (text or "").strip()[:8]
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
