"""The wrappers of files and batches (FHS, BHS, BTS, FTS): what they announce, and what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from throughline.sources.files import is_broken
from throughline.sources.hl7v2.message import moment
from throughline.sources.hl7v2.split import Piece, split
from throughline.sources.records import Fault


@dataclass
class Wrappers:
    """Which wrappers of a file are open, and whether they announce more than there is (`is_short`)."""

    open: int = 0
    is_short: bool = False
    _in_batch: int = 0
    _messages: int = 0
    _batches: int = 0

    def see(self, piece: Piece) -> str | None:
        """Count a message or wrapper; returns what is wrong about its count, if anything is."""
        if piece.kind == "MSH":
            self._in_batch += 1
            self._messages += 1
        elif piece.kind == "FHS":
            self.open += 1
            self._in_batch = self._messages = self._batches = 0
        elif piece.kind == "BHS":
            self.open += 1
            self._batches += 1
            self._in_batch = 0
        elif piece.kind == "BTS":
            self.open = max(0, self.open - 1)
            return self._is_wrong(_stated(piece), {self._in_batch}, "wrong_message_count")
        else:
            self.open = 0
            # messages without a batch around them are one; some senders count the messages here
            batches = self._batches or min(1, self._messages)
            return self._is_wrong(_stated(piece), {batches, self._messages}, "wrong_batch_count")
        return None

    def _is_wrong(self, stated: int | None, there: set[int], reason: str) -> str | None:
        if stated is None or stated in there:
            return None
        self.is_short = self.is_short or stated > min(there)
        return reason


def _stated(piece: Piece) -> int | None:
    """Return the count that a BTS or FTS states."""
    head = piece.segments[0]
    fields = head.split(head[3:4] or "|")
    stated = fields[1].strip() if len(fields) > 1 else ""
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else None


def pieces(stream: BinaryIO, file: str) -> Iterator[tuple[Piece, bool] | Fault]:
    """Yield the messages of a file in its order, and a warning for each count of a wrapper that is wrong.

    With each message comes whether it may be incomplete: it is the last one of a batch that was not closed, or of a
    gzip file that is truncated. Raises `FileRefusedError` if the file holds neither message nor wrapper.
    """
    held: Piece | None = None
    wrappers = Wrappers()
    for piece in split(stream, file):
        if held is not None:
            yield held, False
            held = None
        if (odd := wrappers.see(piece)) is not None:
            yield Fault(file, 0, piece.position, odd, "warning")
        if piece.kind == "MSH" and not is_of_slots(piece.segments[0]):
            held = piece
        elif piece.kind == "MSH":
            yield piece, False
    if held is not None:
        yield held, bool(wrappers.open) or is_broken(stream)


def kind_of(head: str) -> str:
    """Return the type of a message (MSH-9.1), by its MSH; empty if it has none."""
    fields = head.split(head[3:4] or "|", 9)
    return fields[8].split(head[4:5] or "^")[0].strip() if len(fields) > 8 else ""


OF_SLOTS = frozenset({"S23", "S24"})
"""Time slots that are blocked or opened: about no patient and no appointment.

Source: the list of SIU's events at rhapsody.health/resources/hl7-siu-message, read 2026-11-29.
"""


def is_of_slots(head: str) -> bool:
    """Return whether a message is about time slots, by its MSH."""
    if not any(event in head for event in OF_SLOTS):
        return False
    fields = head.split(head[3:4] or "|", 9)
    kind = fields[8].split(head[4:5] or "^") if len(fields) > 8 else []
    return kind[:1] == ["SIU"] and len(kind) > 1 and kind[1].strip() in OF_SLOTS


@dataclass
class Contents:
    """What a file holds: when it was made (FHS-7, BHS-7, else its newest MSH-7), and its messages.

    `kinds` counts them by type (MSH-9.1). It is incomplete if a wrapper was not closed, or announces more
    messages or batches than there are.
    """

    made_at: datetime | None = None
    messages: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    is_complete: bool = True


def scan(stream: BinaryIO, file: str, zone: ZoneInfo) -> Contents:
    """Return what a file holds. Raises `FileRefusedError` if it is not an HL7 v2 file."""
    found = Contents()
    newest: datetime | None = None
    wrappers = Wrappers()
    for piece in split(stream, file):
        wrappers.see(piece)
        head = piece.segments[0]
        fields = head.split(head[3:4] or "|")
        at = moment(fields[6].split("^")[0], zone) if len(fields) > 6 else None
        if piece.kind == "MSH":
            kind = kind_of(head)
            if not is_of_slots(head):
                found.messages += 1
                found.kinds[kind] = found.kinds.get(kind, 0) + 1
            newest = max(newest or at, at) if at else newest
        elif piece.kind in ("FHS", "BHS"):
            found.made_at = max(found.made_at or at, at) if at else found.made_at
    found.made_at = found.made_at or newest
    if wrappers.open or wrappers.is_short or is_broken(stream):
        found.is_complete = False
    return found
