"""The contents of a profile: plain values for the text and the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from throughline.profiling.meanings import Kind


@dataclass(frozen=True)
class Value:
    """A value of a coded field: how many rows have it, and its meaning here.

    `is_known`: nobody has to give it one: it is a word itself, or nothing rests on it.
    """

    value: str
    rows: int
    meaning: str | None = None
    is_known: bool = False

    @property
    def is_unmapped(self) -> bool:
        """Whether it has no meaning here, and may need one."""
        return self.meaning is None and not self.is_known


@dataclass(frozen=True)
class Codes:
    """The values of a coded field that may be shown, most frequent first.

    `hidden` counts the values that may not be shown, `hidden_rows` the rows that have them.
    `is_mapped`: a code map translates the field; with `is_for_all`, a code without a meaning is lost. `places` says
    where such codes first stand that may not be shown: file and row. `written` says where they are given a meaning:
    file and keys.
    """

    values: tuple[Value, ...] = ()
    hidden: int = 0
    hidden_rows: int = 0
    is_mapped: bool = False
    is_for_all: bool = False
    maps: tuple[str, ...] = ()
    hidden_unmapped: int = 0
    places: tuple[str, ...] = ()
    written: str = ""

    @property
    def unmapped(self) -> tuple[Value, ...]:
        """The values that should have a meaning here but have none."""
        return tuple(v for v in self.values if v.is_unmapped) if self.is_for_all else ()

    @property
    def unmapped_count(self) -> int:
        """How many values are unmapped, including those that may not be shown."""
        return len(self.unmapped) + (self.hidden_unmapped if self.is_for_all else 0)


@dataclass(frozen=True)
class Field:
    """A typed column of a staged table.

    `filled` counts the rows that have a value, `distinct` the different values. Dates have
    `first_year` and `last_year` (birth dates do not) and the number `out_of_range` (before 1900 or
    too far ahead); numbers have the number that are `negative`.
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
    """Columns whose values should each belong to one thing: how many values are shared, in how many rows."""

    columns: tuple[str, ...]
    shared: int
    rows: int


@dataclass(frozen=True)
class Table:
    """A staged table: its rows, deletions, fields and keys."""

    name: str
    rows: int
    deleted: int
    fields: tuple[Field, ...]
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Fault:
    """A reason why rows would be set aside, would stop the feed, or would be noted.

    `outcome` is `set aside`, `stops the feed` or `noted`; `place` is the file and row of the first. A reason that is
    not about single rows says in `observed` what it is about, as names of columns; its `rows` are 0.
    """

    reason: str
    rows: int
    outcome: str
    place: str = ""
    observed: str = ""


@dataclass(frozen=True)
class Feed:
    """The result of a first night for one feed; `verdict` is None if no file belongs to it."""

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
    """An element of a type of record: how many records have it, and whether a reader reads it."""

    path: str
    records: int
    is_read: bool


@dataclass(frozen=True)
class RecordType:
    """A type of record, as the standard names it, with the elements of its records."""

    name: str
    records: int
    elements: tuple[Element, ...]
    more_elements: int = 0

    @property
    def unread(self) -> tuple[Element, ...]:
        """The elements that no reader reads."""
        return tuple(element for element in self.elements if not element.is_read)

    @property
    def is_read(self) -> bool:
        """Whether records of this type are read at all."""
        return any(element.is_read for element in self.elements)


@dataclass(frozen=True)
class SourceProfile:
    """The whole profile of a source."""

    source: str
    title: str
    standard: str
    read_from: str
    as_of: date
    files: tuple[File, ...]
    feeds: tuple[Feed, ...]
    types: tuple[RecordType, ...] = ()
    translated: tuple[tuple[str, Codes], ...] = field(default=())
    """Codes that the reader itself translates, by element."""
    carries_nothing: tuple[str, ...] = ()
    """The decisions in its definition about files that need no exception when they cannot be read."""
