"""What is told of a source: plain values, for the text and for the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from throughline.profiling.meanings import Kind


@dataclass(frozen=True)
class Value:
    """A value of a coded field: rows that have it, and what it means here (None: nothing)."""

    value: str
    rows: int
    meaning: str | None = None


@dataclass(frozen=True)
class Codes:
    """The values of a coded field that may be shown, most frequent first.

    `hidden` counts the values that may not, `hidden_rows` the rows that have one. `is_mapped`: codes
    go through a map; with `is_for_all` one without a meaning is lost.
    """

    values: tuple[Value, ...] = ()
    hidden: int = 0
    hidden_rows: int = 0
    is_mapped: bool = False
    is_for_all: bool = False
    maps: tuple[str, ...] = ()
    hidden_unmapped: int = 0

    @property
    def unmapped(self) -> tuple[Value, ...]:
        """The values that should mean something here, and do not."""
        return tuple(v for v in self.values if v.meaning is None) if self.is_for_all else ()

    @property
    def unmapped_count(self) -> int:
        """How many values those are, with the ones that may not be shown."""
        return len(self.unmapped) + (self.hidden_unmapped if self.is_for_all else 0)


@dataclass(frozen=True)
class Field:
    """A typed column of a staged table.

    `filled` counts the rows that have it, `distinct` its values. Dates tell `first_year` and
    `last_year` (never of birth), and how many are `out_of_range` (before 1900, or too far ahead);
    numbers how many are `negative`.
    """

    name: str
    kind: Kind
    rows: int
    filled: int
    distinct: int
    codes: Codes | None = None
    first_year: int | None = None
    last_year: int | None = None
    too_early: int = 0
    too_late: int = 0
    negative: int = 0

    @property
    def share(self) -> float:
        """The share of rows that have it."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def out_of_range(self) -> int:
        """Rows whose date is before 1900 or too far ahead."""
        return self.too_early + self.too_late


@dataclass(frozen=True)
class Key:
    """Columns whose values should belong to one thing each: how many do not, and their rows."""

    columns: tuple[str, ...]
    shared: int
    rows: int


@dataclass(frozen=True)
class Table:
    """A staged table: rows that are no deletions, deletions, its fields and keys."""

    name: str
    rows: int
    deleted: int
    fields: tuple[Field, ...]
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Fault:
    """A reason for which rows would not be taken, or would be taken with a note.

    `outcome` is `set aside`, `stops the feed` or `noted`; `place` is the first: file and row.
    """

    reason: str
    rows: int
    outcome: str
    place: str = ""


@dataclass(frozen=True)
class Feed:
    """What a first night would make of one feed; None as verdict: no file of it is there."""

    name: str
    verdict: str | None
    received: int
    set_aside: int
    faults: tuple[Fault, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class File:
    """A file that was looked at. `status` is `read`, `repeated` or `refused`."""

    name: str
    status: str
    feeds: tuple[str, ...]
    rows: int
    reason: str = ""
    position: int = 0


@dataclass(frozen=True)
class Element:
    """An element that records of a type hold: how many do, and whether a reader looks at it."""

    path: str
    records: int
    is_read: bool


@dataclass(frozen=True)
class RecordType:
    """A type of record in the words of the standard, with what its records hold."""

    name: str
    records: int
    elements: tuple[Element, ...]
    more_elements: int = 0

    @property
    def unread(self) -> tuple[Element, ...]:
        """What is there and nobody looks at."""
        return tuple(element for element in self.elements if not element.is_read)

    @property
    def is_read(self) -> bool:
        """Whether records of this type are read at all."""
        return any(element.is_read for element in self.elements)


@dataclass(frozen=True)
class SourceProfile:
    """All that is told of a source."""

    source: str
    title: str
    standard: str
    read_from: str
    as_of: date
    files: tuple[File, ...]
    feeds: tuple[Feed, ...]
    types: tuple[RecordType, ...] = ()
    translated: tuple[tuple[str, Codes], ...] = field(default=())
    """Codes that the reader itself translates, by the element that has them."""
