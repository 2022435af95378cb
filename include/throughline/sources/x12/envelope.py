"""Interchanges, groups and transaction sets: the envelope of each record, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from throughline.sources.x12.segments import SegmentReader, Separators
from throughline.sources.x12.values import at, moment

ENVELOPE = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA"})


class Context(msgspec.Struct):
    """The envelope around a record: sender, receiver, time (without time zone) and control numbers."""

    sender_id: str = ""
    receiver_id: str = ""
    interchange_control_number: str = ""
    interchange_at: datetime | None = None
    is_test: bool = False
    functional_id: str = ""
    group_sender_id: str = ""
    group_at: datetime | None = None
    group_control_number: str = ""
    version: str = ""
    transaction_set: str = ""
    transaction_control_number: str = ""
    separators: Separators = msgspec.field(default_factory=Separators)

    @staticmethod
    def of_interchange(e: list[str], separators: Separators) -> Context:
        """Return the context of a new interchange, from its ISA."""
        return Context(
            sender_id=at(e, 6),
            receiver_id=at(e, 8),
            interchange_control_number=at(e, 13),
            interchange_at=moment(at(e, 9), at(e, 10)),
            is_test=at(e, 15) == "T",
            separators=separators,
        )

    def enter_group(self, e: list[str]) -> Context:
        """Return the context of a new functional group, from its GS."""
        return msgspec.structs.replace(
            self,
            functional_id=at(e, 1),
            group_sender_id=at(e, 2),
            group_at=moment(at(e, 4), at(e, 5)),
            group_control_number=at(e, 6),
            version=at(e, 8),
            transaction_set="",
            transaction_control_number="",
        )

    def enter_transaction(self, e: list[str]) -> Context:
        """Return the context of a new transaction set, from its ST."""
        return msgspec.structs.replace(
            self,
            transaction_set=at(e, 1),
            transaction_control_number=at(e, 2),
            version=at(e, 3) or self.version,
        )


class Transaction:
    """The segments of one transaction set, to be iterated once.

    Afterwards `problem` says what was wrong with its end: None, `wrong_segment_count`,
    `wrong_control_number` (both harmless) or `truncated`, which means that there was no end and that the
    last record may be incomplete. `pushed_back` is then the segment that came instead.
    """

    def __init__(self, context: Context, reader: SegmentReader, rest: Iterator[list[str]]) -> None:
        self.context = context
        self.reader = reader
        self.file = reader.file
        self.start = reader.position
        self.problem: str | None = None
        self.pushed_back: list[str] | None = None
        self.segments = rest

    @property
    def position(self) -> int:
        """The number of the segment last read, in the file, from 1."""
        return self.reader.position

    @property
    def truncated(self) -> bool:
        """Whether the transaction set broke off."""
        return self.problem == "truncated"

    def __iter__(self) -> Iterator[list[str]]:
        for elements in self.segments:
            if elements[0] in ENVELOPE:
                self.end(elements)
                return
            yield elements
        self.end(None)

    def end(self, elements: list[str] | None) -> None:
        """Note the envelope segment that ended the transaction set; None is the end of the file.

        For speed, a reader may iterate over `segments` itself and call this.
        """
        if elements is None:
            self.problem = "truncated"
        elif elements[0] == "SE":
            self._check(elements)
        else:
            self.problem = "truncated"
            self.pushed_back = elements

    def _check(self, elements: list[str]) -> None:
        count = at(elements, 1)
        counted = self.reader.position - self.start + 1
        if not count.isascii() or not count.isdigit() or int(count[:18]) != counted:
            self.problem = "wrong_segment_count"
        elif at(elements, 2) != self.context.transaction_control_number:
            self.problem = "wrong_control_number"

    def is_cut(self, segments: list[list[str]], tag: str, index: int) -> bool:
        """Return whether the set breaks off in element `index` of a `tag`, so that it may be half of one."""
        last = segments[-1] if self.truncated and segments else []
        return last[:1] == [tag] and len(last) <= index + 1

    def text(self, segments: list[list[str]]) -> str:
        """Return segments as text, as they were received, for quarantine."""
        marks = self.context.separators
        return "".join(marks.element.join(s) + marks.terminator for s in segments)
