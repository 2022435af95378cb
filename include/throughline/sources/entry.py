"""What an entry of the catalogue of feeds says: see `throughline.sources.catalogue`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

Subject = Literal["self", "patient", "request", "record_number", "member", "claim", "nobody"]
Link = Literal["record_number", "member", "claim"]
Volume = Literal["usual", "asked"]
Version = Literal["record", "file"]

STANDARDS = tuple(sorted(file.parent.name for file in Path(__file__).parent.glob("*/standard.py")))
"""The packages beside this module that read a standard: those with a module `standard`."""

LINK_COLUMNS: dict[Link, tuple[str, ...]] = {
    "record_number": ("mrn",),
    "member": ("payer_id", "member_id"),
    "claim": ("patient_control_number",),
}
"""The columns in which a record carries each identifier that joins persons across systems."""

BY_LINK: dict[Subject, Link] = {
    "self": "record_number",
    "record_number": "record_number",
    "member": "member",
    "claim": "claim",
}
"""Subjects that are known by an identifier of the record itself."""

OWN_IDS = ("fhir",)
"""Standards whose records refer to patients by the ids of their own system, whatever they are about."""


class CatalogueError(ValueError):
    """The catalogue disagrees with itself or with what it names; the text says feed and part."""


@dataclass(frozen=True)
class Follows:
    """A record that says part of what another table's record says: it changes with it.

    `table` is the other table, `by` the column that holds that record's `source_id`.
    """

    table: str
    by: str


@dataclass(frozen=True)
class Code:
    """A column whose words are the source's own: a new one is noticed (`throughline.silence`).

    `maps` are the code maps, and the lists of the practice's words, in which a word has a meaning here;
    with `by_prefix` it is enough that a word of the map begins it. `words` have a meaning as they are.
    `is_status` is said of a column that tells where a record stands: a delivery all of one status is
    noticed, too.
    """

    name: str
    maps: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    by_prefix: bool = False
    is_status: bool = False


@dataclass(frozen=True)
class Table:
    """A typed record: `staging.<name>` and `core.<name>` have its columns.

    Counted records are rows of the delivery; the others come with one, as a line with its claim.
    `facts` are the kinds that `sql/evidence/<name>.sql` states, if any; `codes` the columns whose
    words are watched.
    """

    name: str
    facts: tuple[str, ...] = ()
    is_counted: bool = True
    follows: Follows | None = None
    codes: tuple[Code, ...] = ()

    @property
    def statuses(self) -> tuple[str, ...]:
        """The columns that tell where a record stands."""
        return tuple(code.name for code in self.codes if code.is_status)


# Every part is said of every feed: one that is left out is refused by the feed's name.
_MISSING: Any = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One feed of the catalogue. Raises `CatalogueError` when a part is missing or not known.

    `standards` are those whose packages read it. The first of `tables` is what a row is known by.
    `subject` is whom a record is about: the patient that it is (`self`), a `patient` of the same
    source, the patient of a `request` of ours, whoever has its `record_number`, `member` number or
    `claim` number, or `nobody`. `links` are the identifiers by which its records join persons
    across systems. `suite` holds its rules. `volume` says what a delivery's is held against: the
    `usual`, or nothing where it answers what was `asked`. `version` says whether records carry one
    of their own, or have that of the file they came in.
    """

    name: str = _MISSING
    standards: tuple[str, ...] = _MISSING
    tables: tuple[Table, ...] = _MISSING
    subject: Subject = _MISSING
    links: tuple[Link, ...] = _MISSING
    suite: str = _MISSING
    volume: Volume = _MISSING
    version: Version = _MISSING

    def __post_init__(self) -> None:
        """Refuse what no reader, table or rule could follow from."""
        for part in fields(self):
            said = getattr(self, part.name)
            if said is _MISSING or (not said and part.name != "links"):
                raise CatalogueError(f"{self.name or 'a feed'}: {part.name}: is missing")
        for part_name, known in _KNOWN.items():
            said = getattr(self, part_name)
            for word in said if isinstance(said, tuple) else (said,):
                if word not in known:
                    raise CatalogueError(f"{self.name}: {part_name}: {word!r} is not known")
        if not self.tables[0].is_counted:
            raise CatalogueError(f"{self.name}: tables: its rows are not counted by the first")
        if (link := BY_LINK.get(self.subject)) is not None and link not in self.links:
            raise CatalogueError(f"{self.name}: links: its subject is known by its {link}")
        names = [table.name for table in self.tables]
        for table in self.tables:
            if table.follows is not None and table.follows.table not in names:
                raise CatalogueError(f"{self.name}: tables: {table.name} follows none of them")

    def may_be_first(self, standard: str) -> bool:
        """Return whether the feed may tell of a person whom no record of its source knows.

        It names patients by a number that another system gave them: a claim, a notice, a booking.
        """
        return self.subject in ("record_number", "member", "claim") and standard not in OWN_IDS

    @property
    def table(self) -> Table:
        """The record that a row of the feed is known by."""
        return self.tables[0]


_KNOWN = {
    "standards": STANDARDS,
    "subject": get_args(Subject),
    "links": get_args(Link),
    "volume": get_args(Volume),
    "version": get_args(Version),
}
