"""The types of the catalogue of feeds: see `throughline.sources.catalogue`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

Subject = Literal["self", "patient", "request", "record_number", "member", "claim", "nobody"]
Link = Literal["record_number", "member", "claim"]
Volume = Literal["usual", "asked"]
Version = Literal["record", "file"]

STANDARDS = tuple(sorted(file.parent.name for file in Path(__file__).parent.glob("*/standard.py")))
"""The packages next to this module that read a standard: those with a module `standard`."""

LINK_COLUMNS: dict[Link, tuple[str, ...]] = {
    "record_number": ("mrn",),
    "member": ("payer_id", "member_id"),
    "claim": ("patient_control_number",),
}
"""The columns that hold each identifier that links persons across systems."""

BY_LINK: dict[Subject, Link] = {
    "self": "record_number",
    "record_number": "record_number",
    "member": "member",
    "claim": "claim",
}
"""Subjects that are found through an identifier on the record itself."""

OWN_IDS = ("fhir",)
"""Standards whose records always refer to patients by the ids of their own system."""

OWN_IDS_BY_PATIENTS = ("tabular",)
"""Standards whose records do so if the source has patients."""


class CatalogueError(ValueError):
    """The catalogue contradicts itself or the code; the message names the feed and the part."""


@dataclass(frozen=True)
class Follows:
    """A record that holds part of another table's record, and changes with it.

    `table` is the other table, `by` the column that holds that record's `source_id`.
    """

    table: str
    by: str


@dataclass(frozen=True)
class Code:
    """A column that holds a source's own codes; `throughline.silence` reports new ones.

    `maps` names the code maps, and the practice's word lists, that give a code its meaning; with
    `by_prefix` it is enough that the code starts with an entry of the map. `words` need no map.
    `is_status` marks the status column of a record: a delivery in which all rows have one status is
    reported as well. `synonyms` are other spellings of known codes, each with the code that records
    keep. A column that is not `is_watched` has codes that are read, but new ones are not reported.

    `rests` are the kinds of fact that rest on the code, `("*",)` all of the table's: a record whose code
    is not known states none of them (`evidence.unmapped`). A code that `is_counted` is told and counted like
    these, although nothing rests on it. A code of `understood`, of which `system` is
    the column, is known without a map: its system says what it means. `unless` is a SQL condition on the
    record `r` under which nothing rests on the code, `may_be_stay` one under which the person may be in a
    facility as long as nobody maps it.
    """

    name: str
    maps: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    by_prefix: bool = False
    is_status: bool = False
    synonyms: tuple[tuple[str, str], ...] = ()
    is_watched: bool = True
    rests: tuple[str, ...] = ()
    system: str = ""
    understood: tuple[str, ...] = ()
    unless: str = ""
    is_counted: bool = False
    may_be_stay: str = ""

    @property
    def must_be_known(self) -> bool:
        """Whether a code that nobody has mapped is counted, and told to the team of its feed."""
        return bool(self.rests) or self.is_counted


@dataclass(frozen=True)
class Table:
    """A typed record: `staging.<name>` and `core.<name>` have its columns.

    Counted records are rows of the delivery; the others are child records, as a line is of a claim.
    `facts` are the kinds that `sql/evidence/<name>.sql` states, if any; `codes` are the columns that
    are watched for new codes. `part_of` names the record that its records are lines of, if they do not
    change with it: facts of a line rest on that record's codes, too. `for_gate` are columns of
    `staging` that only the gate needs: they go no further. `amount` is the column that says how much
    money the record is about, if any; with `takes_off`, it is taken off what the others add up to. With
    `adds_up`, a standard may tell a record in parts: each row says some fields (in the column `said`),
    and the record is what all of them say (`throughline.quality.fold`).
    """

    name: str
    facts: tuple[str, ...] = ()
    is_counted: bool = True
    follows: Follows | None = None
    codes: tuple[Code, ...] = ()
    for_gate: tuple[str, ...] = ()
    part_of: Follows | None = None
    amount: str | None = None
    takes_off: bool = False
    adds_up: bool = False

    @property
    def whole(self) -> Follows | None:
        """The record that its records are lines of, or None."""
        return self.follows or self.part_of

    @property
    def statuses(self) -> tuple[str, ...]:
        """The status columns."""
        return tuple(code.name for code in self.codes if code.is_status)


# Every feed must set every part; an error names the feed and the missing part.
_MISSING: Any = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One feed of the catalogue. Raises `CatalogueError` when a part is missing or not known.

    `standards` are those whose packages read it. The first of `tables` identifies a row.
    `subject` says whom a record is about: the patient it describes (`self`), a `patient` of the same
    source, the patient of a `request` of ours, the person with its `record_number`, `member` number or
    `claim` number, or `nobody`. `links` are the identifiers on its records that link persons across
    systems. `suite` names its rules. `volume` says what a delivery's size is compared with: the
    `usual` volume, or nothing, because it answers what we `asked`. `version` says whether each record
    has a version of its own, or that of its file.
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
        """Reject an entry that is incomplete or contradicts itself."""
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
            raise CatalogueError(f"{self.name}: tables: the first one must count the rows")
        if (link := BY_LINK.get(self.subject)) is not None and link not in self.links:
            raise CatalogueError(
                f"{self.name}: links: must include {link}, which identifies its subject"
            )
        names = [table.name for table in self.tables]
        for table in self.tables:
            if table.follows is not None and table.follows.table not in names:
                raise CatalogueError(f"{self.name}: tables: {table.name} follows none of them")

    def may_be_first(self, standard: str, feeds: Collection[str] = ()) -> bool:
        """Return whether the feed may be about a person of whom its source has no patient record.

        It identifies patients by a number from another system: a claim, a notice, a booking. A source that has
        patients among its `feeds` refers to them.
        """
        is_own = standard in OWN_IDS or (standard in OWN_IDS_BY_PATIENTS and "patient" in feeds)
        return self.subject in ("record_number", "member", "claim") and not is_own

    @property
    def table(self) -> Table:
        """The table that identifies a row of the feed."""
        return self.tables[0]


_KNOWN = {
    "standards": STANDARDS,
    "subject": get_args(Subject),
    "links": get_args(Link),
    "volume": get_args(Volume),
    "version": get_args(Version),
}
