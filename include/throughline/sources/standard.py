"""The interface of every standard: its feeds, and how its bytes become deliveries and rows.

A standard is a package next to this module. Its module `standard` holds one object `STANDARD`, which
`throughline.sources.registry` finds. That module imports no reader at the top, because the names of
feeds and conventions are needed whenever definitions are read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple
from uuid import UUID

from throughline.sources import catalogue, codes
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow

if TYPE_CHECKING:
    from throughline.sources.landing import BatchResult, Landing
    from throughline.sources.source import SourceDefinition
    from throughline.transports import Address
    from throughline.transports.files import RemoteFile
    from throughline.warehouse import Connection


@dataclass(frozen=True)
class Contents:
    """What a file holds, according to its envelope.

    `feeds` counts rows (or an equivalent) by feed; 0 means that the file states there was nothing.
    The file is complete up to `made_at`, unless a part of it is missing. `position` is where reading
    stopped.

    `may_repeat`: the same bytes count as new each time. `adds`: the file only adds to what other files
    deliver (deletions) and is not a delivery by itself, but while any of it is missing, no feed is
    complete. `suffix` is the landed file's suffix, if it is not the standard's.
    """

    feeds: Mapping[str, int]
    made_at: datetime | None = None
    is_complete: bool = True
    position: int = 0
    may_repeat: bool = False
    adds: bool = False
    suffix: str | None = None


@dataclass(frozen=True)
class File:
    """A landed file of a batch, for a reader.

    `name` is its name at the source, for faults. `feeds` lists all feeds it belongs to, in order: the
    first accounts for rows of no feed. `made_at` is when the source made it.
    """

    file_id: UUID
    name: str
    path: Path
    made_at: datetime | None
    feeds: tuple[str, ...]


class HeldCode(NamedTuple):
    """A code that the reader itself translates: its element, and its meaning, if known.

    With `is_for_all`, a code that the reader does not know is lost; otherwise the reader only picks
    out a few codes. `field` is what a definition gives the code its meaning by (`Standard.written_at`): the
    catalogue's `table.column`, or a convention; empty if nothing does. `is_looked_up`: in a lookup of its own.
    """

    path: str
    code: str
    meaning: str | None
    is_for_all: bool = True
    field: str = ""
    is_looked_up: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """The elements of one record, whether or not a reader reads them: names only, no values.

    `kind` is its type, as the standard names it. `elements` maps the path of each filled element to
    whether a reader reads it. `codes` are those that the reader itself translates. `subject`
    distinguishes one person's records from another's, and is never shown.
    """

    kind: str
    elements: Mapping[str, bool]
    codes: tuple[HeldCode, ...] = ()
    subject: str | None = None


OWN_CODES: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "string", "minLength": 1},
        "description": "the source's codes, each with a word of the field",
    },
    "description": "the source's own codes by field: {table.column: {code: word}}",
}
"""The convention `codes`, for standards whose readers use it (`throughline.sources.codes`)."""


TESTS: Mapping[str, Any] = {
    "enum": ["set_aside", "read"],
    "description": "what becomes of data that says it is a test: `read` for a sender that never says anything else",
}
"""The convention `test_data`, for standards whose envelope can say so."""


class Standard(ABC):
    """One standard. Its feeds and conventions are the ones that definitions may use."""

    name: ClassVar[str]
    transports: ClassVar[tuple[str, ...]]
    """The transports that it can be read over."""
    exports: ClassVar[tuple[str, ...]] = ()
    """The transports that ask the source for changes; over the others, files wait to be fetched."""
    conventions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """The conventions that a source may define: name to JSON schema."""
    suffix: ClassVar[str]
    """The suffix of its landed files."""
    needs_patients: ClassVar[bool] = False
    """Whether records about patients lead to persons only if its source has the feed of patients as well."""
    not_used: ClassVar[str]
    """The reason for refusing a file that holds nothing for any feed of its source."""

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that a source of this standard can have: those that the catalogue says it reads."""
        return tuple(entry.name for entry in catalogue.read_by(self.name))

    def fetch(
        self,
        definition: SourceDefinition,
        address: Address,
        conn: Connection,
        landing: Landing,
        deadline: datetime | None = None,
    ) -> list[BatchResult]:
        """Ask a source for what changed, land it, and return its batches; does not commit them.

        What is not ready by the `deadline` is left for the next night. Raises `NotYet` to be called
        again later, `SourceUnavailable`, and `LookupError` for a transport without exports.
        """
        raise LookupError(f"{self.name} has no exports over {definition.transport}")

    def landed(self, definition: SourceDefinition, address: Address, conn: Connection) -> None:
        """Tell a source that what `fetch` landed is committed; may be called again after a crash."""
        return

    def mistakes(self, raw: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is wrong with a source's conventions and no schema can say: the place, and what to write."""
        yield from codes.mistakes(self.name, raw.get("conventions", {}).get("codes", {}))

    @abstractmethod
    def scan(self, stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
        """Return what a file of a folder holds. Raises `FileRefusedError` if it is not of this standard."""

    @abstractmethod
    def read(
        self, stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
    ) -> Iterator[StagedRow | Fault]:
        """Yield the rows and faults of one feed in a landed file. Raises `FileRefusedError`."""

    def names(
        self, conn: Connection, batch_id: UUID, feed: str, seq: int, definition: SourceDefinition
    ) -> int:
        """Name whom staged rows are about, where the file alone does not say; returns the rows that it set aside.

        Called after the files of a delivery were read. Does not commit.
        """
        return 0

    def looked_up(self, definition: SourceDefinition) -> Mapping[str, Mapping[str, str]]:
        """Return the words that a definition gives a meaning besides `conventions.codes`, by `table.column`."""
        return {}

    def written_at(self, definition: SourceDefinition, field: str) -> tuple[str, ...]:
        """Return where a definition gives a code of a field its meaning: the places in its file.

        `field` is the catalogue's `table.column`, or a convention.
        """
        return (f"conventions/codes/{field}" if "." in field else f"conventions/{field}",)

    def made_at(self, file: RemoteFile, definition: SourceDefinition) -> datetime | None:
        """Return of when a file is, before it is fetched; None if nothing says so."""
        return file.modified_at

    def feeds_of(self, file: str, definition: SourceDefinition) -> tuple[str, ...] | None:
        """Return the feeds that a file is of, as far as its name says it; None if it does not."""
        return None

    def leaves_out(
        self, conn: Connection, batch_id: UUID, feed: str, seq: int, definition: SourceDefinition
    ) -> int:
        """Stage what a delivery says by leaving it out, after its files were read; returns the rows.

        Does not commit.
        """
        return 0

    def replaces(
        self,
        conn: Connection,
        batch_id: UUID,
        older_id: UUID,
        feed: str,
        definition: SourceDefinition,
        older_in: str,
    ) -> bool:
        """Return whether a staged delivery holds all that an older one of its feed may have said: never, of changes.

        `older_in` is the schema that has the records of the older one; empty if they are in none.
        """
        return False

    @abstractmethod
    def readable(self) -> frozenset[str]:
        """Return the feeds that have readers: the same as `feeds` if the catalogue is complete."""

    @abstractmethod
    def columns(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Return the typed columns of each table that rows of a feed go to, in the rows' order."""

    def held(self, stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
        """Yield what each record of a file holds, for the profile of a source.

        Unreadable records are left out; `read` reports them. A standard that does not implement this
        yields nothing. Raises `FileRefusedError`.
        """
        return iter(())
