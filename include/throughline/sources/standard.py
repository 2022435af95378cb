"""The face that every standard shows: what it brings, and how its bytes become deliveries and rows.

A standard is a package beside this module. Its own module `standard` holds the one object `STANDARD`,
by which `throughline.sources.registry` finds it. That module imports no reader at its top: the names
of feeds and conventions are asked for whenever definitions are read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple
from uuid import UUID

from throughline.sources import catalogue
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
    """What a file holds, as far as a look at its envelope tells.

    `feeds` counts rows by feed (or what stands for them; 0: it says that there was nothing).
    `made_at` is the newest moment that it is complete up to. It is not complete when something of it
    is missing. `position` is where reading ended.

    With `may_repeat` the same bytes say something new each time. One that only `adds` to what other
    files deliver (deletions) is no delivery by itself; without all of it nothing is complete.
    `suffix` is what the landed file is called, if not as the standard says.
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

    `name` is the one it had at the source, for faults; `feeds` are all those that it belongs to, in
    order: the first accounts for what is of no feed. `made_at` is when the source made it.
    """

    file_id: UUID
    name: str
    path: Path
    made_at: datetime | None
    feeds: tuple[str, ...]


class HeldCode(NamedTuple):
    """A code that the reader itself translates: where it stands, and what it is taken for, if known.

    With `is_for_all` a code that the reader does not know is lost; others only pick a few out of many.
    """

    path: str
    code: str
    meaning: str | None
    is_for_all: bool = True


@dataclass(frozen=True, slots=True)
class Held:
    """What one record of a file holds, whether or not a reader asks for it: names of elements, no values.

    `kind` is its type in the words of the standard. `elements` are the filled ones by path, each with
    whether a reader looks at it. `codes` are those that the reader itself translates. `subject` tells
    one person's records from another's, and is never shown.
    """

    kind: str
    elements: Mapping[str, bool]
    codes: tuple[HeldCode, ...] = ()
    subject: str | None = None


class Standard(ABC):
    """One standard. What is said here of feeds and conventions is what definitions may say."""

    name: ClassVar[str]
    transports: ClassVar[tuple[str, ...]]
    """The transports over which it is read."""
    exports: ClassVar[tuple[str, ...]] = ()
    """Those of them over which the source is asked for what changed; files wait at the others."""
    conventions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """What a source may say of its own habits: names, and the JSON schema of each."""
    suffix: ClassVar[str]
    """What landed files of it are called."""
    not_used: ClassVar[str]
    """Why a file is refused that holds nothing for any feed of its source."""

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that a source of this standard can have: those that the catalogue says it reads."""
        return tuple(entry.name for entry in catalogue.read_by(self.name))

    def fetch(
        self, definition: SourceDefinition, address: Address, conn: Connection, landing: Landing
    ) -> list[BatchResult]:
        """Ask a source for what changed, land it, and return its batches; does not commit.

        Raises `SourceUnavailable`, and `LookupError` for a transport at which files wait.
        """
        raise LookupError(f"{self.name} has no exports over {definition.transport}")

    @abstractmethod
    def scan(self, stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
        """Say what a file of a folder holds. Raises `FileRefusedError` when it is not of this standard."""

    @abstractmethod
    def read(
        self, stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
    ) -> Iterator[StagedRow | Fault]:
        """Yield the rows and faults of one feed in a landed file. Raises `FileRefusedError`."""

    @abstractmethod
    def readable(self) -> frozenset[str]:
        """Return the feeds that there are readers of: `feeds`, if nothing was forgotten."""

    @abstractmethod
    def columns(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Return the typed columns of each table that rows of a feed go to, in the rows' order."""

    def held(self, stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
        """Yield what each record of a file holds, for the profile of a source.

        Records that cannot be read at all are left out: `read` tells of them. A standard that does not
        say yields nothing. Raises `FileRefusedError`.
        """
        return iter(())
