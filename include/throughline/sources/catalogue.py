"""The catalogue of feeds: what kinds of delivery there are, and what follows from each.

A feed is one entry of `FEEDS`. Beside it stands only what cannot be derived: a reader in the package
of its standard, a suite of rules (`throughline.quality.suites`), a file of facts for each table that
states any (`sql/evidence/<table>.sql`), and the migration of its tables. Staging, gate, load,
balance, identity, evidence, retraction, invariants, the schema of source definitions and
`docs/feeds.md` read the entry.

Read while DAG files are parsed, so that this module imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal, get_args

Standard = Literal["fhir", "hl7v2", "x12"]
Subject = Literal["self", "patient", "request", "record_number", "member", "claim", "nobody"]
Link = Literal["record_number", "member", "claim"]
Volume = Literal["usual", "asked"]
Version = Literal["record", "file"]

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


class CatalogueError(ValueError):
    """The catalogue disagrees with itself or with what it names; the text says feed and part."""


class UnknownFeed(LookupError):
    """The catalogue has no feed of this name."""


@dataclass(frozen=True)
class Follows:
    """A record that says part of what another table's record says: it changes with it.

    `table` is the other table, `by` the column that holds that record's `source_id`.
    """

    table: str
    by: str


@dataclass(frozen=True)
class Table:
    """A typed record: `staging.<name>` and `core.<name>` have its columns.

    Counted records are rows of the delivery; the others come with one, as a line with its claim.
    `facts` are the kinds that `sql/evidence/<name>.sql` states, if any.
    """

    name: str
    facts: tuple[str, ...] = ()
    is_counted: bool = True
    follows: Follows | None = None


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One kind of delivery. Raises `CatalogueError` when a part is missing or not known.

    `standards` are those whose packages read it. The first of `tables` is what a row is known by.
    `subject` is whom a record is about: the patient that it is (`self`), a `patient` of the same
    source, the patient of a `request` of ours, whoever has its `record_number`, `member` number or
    `claim` number, or `nobody`. `links` are the identifiers by which its records join persons
    across systems. `suite` holds its rules. `volume` says what a delivery's is held against: the
    `usual`, or nothing where it answers what was `asked`. `version` says whether records carry one
    of their own, or have that of the file they came in.
    """

    name: str
    standards: tuple[Standard, ...]
    tables: tuple[Table, ...]
    subject: Subject
    links: tuple[Link, ...] = ()
    suite: str
    volume: Volume = "usual"
    version: Version = "record"

    def __post_init__(self) -> None:
        """Refuse what no reader, table or rule could follow from."""
        for part in fields(self):
            if part.name != "links" and not getattr(self, part.name):
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

    @property
    def table(self) -> Table:
        """The record that a row of the feed is known by."""
        return self.tables[0]


_KNOWN = {
    "standards": get_args(Standard),
    "subject": get_args(Subject),
    "links": get_args(Link),
    "volume": get_args(Volume),
    "version": get_args(Version),
}

# In the order of the loop: who they are, what was done for them, who did it, what it cost.
FEEDS: tuple[Feed, ...] = (
    Feed(
        name="patient",
        standards=("fhir",),
        tables=(Table("patient", ("death", "left_practice", "attribution", "preference")),),
        subject="self",
        links=("record_number",),
        suite="patient",
    ),
    Feed(
        name="coverage",
        standards=("fhir",),
        tables=(Table("coverage", ("coverage",)),),
        subject="patient",
        links=("member",),
        suite="coverage",
    ),
    Feed(
        name="consent",
        standards=("fhir",),
        tables=(Table("consent", ("consent", "opt_out")),),
        subject="patient",
        suite="consent",
    ),
    Feed(
        name="encounter",
        standards=("fhir",),
        tables=(Table("encounter", ("admission", "discharge", "visit", "visit_open", "hospice")),),
        subject="patient",
        suite="encounter",
    ),
    Feed(
        name="condition",
        standards=("fhir",),
        tables=(Table("condition", ("condition",)),),
        subject="patient",
        suite="condition",
    ),
    Feed(
        name="procedure",
        standards=("fhir",),
        tables=(Table("procedure", ("medication_reconciliation", "hospice")),),
        subject="patient",
        suite="procedure",
    ),
    Feed(
        name="document_reference",
        standards=("fhir",),
        tables=(Table("document_reference", ("note",)),),
        subject="patient",
        suite="document_reference",
    ),
    Feed(
        name="communication",
        standards=("fhir",),
        tables=(Table("communication", ("contact", "attempt")),),
        subject="patient",
        suite="communication",
    ),
    Feed(
        name="task",
        standards=("fhir",),
        tables=(Table("task", ("task_update",)),),
        subject="request",
        suite="task",
        volume="asked",
    ),
    Feed(
        name="charge_item",
        standards=("fhir",),
        tables=(Table("charge_item", ("charge",)),),
        subject="patient",
        suite="charge_item",
    ),
    Feed(
        name="claim",
        standards=("fhir", "x12"),
        tables=(
            Table("claim"),
            Table(
                "claim_line",
                ("claim",),
                is_counted=False,
                follows=Follows("claim", "claim_source_id"),
            ),
        ),
        subject="claim",
        links=("claim",),
        suite="claim",
    ),
    Feed(
        name="payment_notice",
        standards=("fhir",),
        tables=(Table("payment_notice", ("patient_payment", "write_off")),),
        subject="patient",
        links=("claim",),
        suite="payment_notice",
    ),
    Feed(
        name="practitioner",
        standards=("fhir",),
        tables=(Table("practitioner"),),
        subject="nobody",
        suite="practitioner",
    ),
    Feed(
        name="organization",
        standards=("fhir",),
        tables=(Table("organization"),),
        subject="nobody",
        suite="organization",
    ),
    Feed(
        name="location",
        standards=("fhir",),
        tables=(Table("location"),),
        subject="nobody",
        suite="location",
    ),
    Feed(
        name="appointment",
        standards=("hl7v2",),
        tables=(Table("appointment", ("booking", "booking_cancelled", "no_show", "arrived")),),
        subject="record_number",
        links=("record_number",),
        suite="appointment",
    ),
    Feed(
        name="claim_response",
        standards=("x12",),
        tables=(Table("claim_response", ("claim_rejected", "claim_accepted", "claim_forwarded")),),
        subject="claim",
        links=("claim",),
        suite="claim_response",
        version="file",
    ),
    Feed(
        name="functional_acknowledgement",
        standards=("x12",),
        tables=(Table("functional_acknowledgement"),),
        subject="nobody",
        suite="functional_acknowledgement",
        volume="asked",
        version="file",
    ),
    Feed(
        name="eligibility_response",
        standards=("x12",),
        tables=(Table("eligibility_response", ("eligibility",)),),
        subject="member",
        links=("member",),
        suite="eligibility_response",
        volume="asked",
        version="file",
    ),
    Feed(
        name="payment",
        standards=("x12",),
        tables=(
            Table("payment", ("remittance",)),
            Table("payment_line", ("remittance",), is_counted=False),
            Table("provider_adjustment"),
        ),
        subject="claim",
        links=("claim",),
        suite="payment",
        version="file",
    ),
)


def names() -> tuple[str, ...]:
    """Return the names of all feeds, in the order of the catalogue."""
    return tuple(feed.name for feed in FEEDS)


def entry(name: str) -> Feed:
    """Return the entry of a feed. Raises `UnknownFeed`."""
    for feed in FEEDS:
        if feed.name == name:
            return feed
    raise UnknownFeed(f"the catalogue of feeds has no {name!r}")


def read_by(standard: str) -> tuple[Feed, ...]:
    """Return the feeds that the package of a standard reads."""
    return tuple(feed for feed in FEEDS if standard in feed.standards)


def tables() -> Iterator[tuple[Feed, Table]]:
    """Yield every table with its feed."""
    for feed in FEEDS:
        for table in feed.tables:
            yield feed, table
