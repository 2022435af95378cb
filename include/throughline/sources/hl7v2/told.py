"""What one message says of a record: only the fields that it fills, because an empty one says nothing.

HL7 v2 chapter 2 (2.7 of version 2.4, 2.5.3 since 2.5; as docs.oracle.com/cd/E19509-01/820-2613 and
Efferent-Health/HL7-dotnetcore #28 cite it, read 2026-11-29): a field that is not valued leaves what the receiver has
as it is; a pair of quotes ("") deletes it. So a visit is what all messages about it say, each field by the newest
message that says it (`throughline.quality.fold`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.hl7v2.message import Message, moment
from throughline.sources.hl7v2.order import clock, version
from throughline.sources.hl7v2.settings import Settings
from throughline.sources.hl7v2.split import Piece
from throughline.sources.records import TEST_DATA

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


class Opened(NamedTuple):
    """A message that can be read: its event (MSH-9.2), when it was made, and the version of what it says (`newest`)."""

    m: Message
    event: str
    made: datetime
    newest: str
    told: Told


def opened(
    piece: Piece,
    zone: ZoneInfo,
    settings: Settings,
    message: Callable[[list[str]], Message],
    refused: Callable[[str | None], str | None],
    *,
    orders_by_event: bool = False,
) -> Opened:
    """Return what every message begins with; `message` splits its segments.

    `refused` says why an event is not read, or None. With `orders_by_event`, the time at which the event was recorded
    (EVN-2) says which of two messages is the newer one. Raises `UnreadableError` with the reason.
    """
    if piece.is_cut:
        raise UnreadableError("message_too_long")
    try:
        m = message(piece.segments)
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    msh = m.fields[0]
    # version 2.1 named the event in EVN-1 alone
    control, event = m.value(msh, 10), m.value(msh, 9, 2) or m.value(m.first("EVN"), 1)
    if (why := refused(event)) is not None:
        raise UnreadableError(why)
    if event is None:
        raise UnreadableError("trigger_event_missing")
    if control is None:
        raise UnreadableError("control_id_missing")
    if (m.value(msh, 11) or "").upper() in settings.tests:
        raise UnreadableError(TEST_DATA)
    made, local = clock(m, zone)
    if made is None:
        raise UnreadableError("message_time_unreadable")
    recorded = moment(m.value(m.first("EVN"), 2), local) if orders_by_event else None
    return Opened(m, event, made, version(recorded or made, control), Told(m, local))


def as_json(fields: dict[str, object], version: str) -> str:
    """Return what a message says as the column `said` keeps it: by column, the value and the message's version."""
    return msgspec.json.encode(
        {name: {"v": version, "x": _plain(value)} for name, value in fields.items()}
    ).decode()


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
