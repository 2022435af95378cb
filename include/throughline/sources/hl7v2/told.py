"""What one message says of a record: only the fields that it fills, because an empty one says nothing.

HL7 v2 chapter 2 (2.7 of version 2.4, 2.5.3 since 2.5; as docs.oracle.com/cd/E19509-01/820-2613 and
Efferent-Health/HL7-dotnetcore #28 cite it, read 2026-11-29): a field that is not valued leaves what the receiver has
as it is; a pair of quotes ("") deletes it. So a visit is what all messages about it say, each field by the newest
message that says it (`throughline.quality.fold`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.hl7v2.message import Message, moment

DELETES = '""'


class UnreadableError(ValueError):
    """A message whose statement cannot be read; the text is the reason of its fault."""


class Told:
    """Collects what a message says: `fields` by column of the record, None where it deletes."""

    __slots__ = ("_m", "fields", "zone")

    def __init__(self, m: Message, zone: ZoneInfo | timezone) -> None:
        """`zone` is that of times without an offset."""
        self._m = m
        self.zone = zone
        self.fields: dict[str, object] = {}

    def says(self, name: str, fields: list[str], index: int, value: Callable[[], object]) -> bool:
        """Note what a field of a segment says of a column, if it says anything; returns whether it does."""
        text = fields[index].strip() if index < len(fields) else ""
        if not text:
            return False
        if text == DELETES:
            self._m.value(fields, index)
            self.fields[name] = None
            return True
        found = value()
        if found is None:
            return False
        self.fields[name] = found
        return True

    def text(self, name: str, fields: list[str], index: int) -> bool:
        """Note the first component of a field."""
        return self.says(name, fields, index, lambda: self._m.value(fields, index))

    def time(self, name: str, fields: list[str], index: int, reason: str) -> bool:
        """Note a time. Raises `UnreadableError` with `reason` if it names no whole day: none is guessed."""

        def read() -> object:
            said = self._m.value(fields, index)
            found = moment(said, self.zone)
            if said is not None and found is None:
                raise UnreadableError(reason)
            return found

        return self.says(name, fields, index, read)

    def moment_of(self, text: str | None) -> datetime | None:
        """Return a time of the message as a moment."""
        return moment(text, self.zone)

    def at(self, fields: list[str], index: int) -> datetime | None:
        """Return a time of the message, without noting it."""
        return moment(self._m.value(fields, index), self.zone)


def as_json(fields: dict[str, object], version: str) -> str:
    """Return what a message says as the column `said` keeps it: by column, the value and the message's version."""
    return msgspec.json.encode(
        {name: {"v": version, "x": _plain(value)} for name, value in fields.items()}
    ).decode()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
