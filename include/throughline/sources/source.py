"""The types of a source definition; `throughline.sources.definitions` reads and checks them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


class SourceDefinitionError(ValueError):
    """A source definition is missing or invalid."""


@dataclass(frozen=True)
class Feed:
    """One kind of delivery, expected by a local time on the morning after its business date.

    `omitted_types` says what it means if a Bulk Data export has no output for a requested type:
    `late` (not delivered) or `unchanged` (nothing new). `volume` says what a delivery's size is
    compared with: the `usual` volume, or nothing, because it answers what we `asked`. It defaults to
    the catalogue's value. `type_filter` has the search queries to which an export is limited.
    `read_by` is `export` or `search`; `search_by` names the way to search, if it is not to be chosen.
    A record without a number in common with one of another source is the same if their times lie within
    `same_within_minutes`; None: times join nothing. `history_days` is how far back the first export asks for it; None:
    for all that there is, or as the source says.
    """

    name: str
    owner_team: str
    expected_by: time
    allowed_lag_days: int = 0
    omitted_types: str = "late"
    volume: str = "usual"
    type_filter: tuple[str, ...] = ()
    read_by: str = "export"
    search_by: str = ""
    same_within_minutes: int | None = None
    history_days: int | None = None


@dataclass(frozen=True)
class Search:
    """How a FHIR server is searched for what its export leaves out.

    Searches by time overlap what is complete by `overlap_minutes`. Those by date look `lookback_days`
    back and `ahead_days` ahead. Those person by person make at most `requests` requests a night for
    each feed.
    """

    overlap_minutes: int = 60
    lookback_days: int = 30
    ahead_days: int = 365
    requests: int = 5000

    @property
    def overlap(self) -> timedelta:
        """The overlap of searches by time."""
        return timedelta(minutes=self.overlap_minutes)


@dataclass(frozen=True)
class Export:
    """How a Bulk Data export is asked for, and how long the night waits for it.

    `level` is system, patient or group (with the id of the `group`). With `full_every_days`, everything
    is asked for that often, and not only what changed. `is_lenient` asks the server to leave out what
    it does not support instead of refusing.
    """

    level: str = "system"
    group: str = ""
    wait_minutes: int = 180
    full_every_days: int = 0
    is_lenient: bool = False


INSIDE = "inside"
"""The form of work that stays on Throughline's pages: nothing is sent, and no connection is needed."""


@dataclass(frozen=True)
class WorkList:
    """How the work of a role goes out as a list: a file into a `folder` by a `transport` (folder or sftp).

    `file` is csv or xlsx, `permissions` the rights of the file in octal digits. `outcomes` are the words that are
    offered for how a row ended, `bring` pairs a workflow with what its patients are to bring.
    """

    transport: str
    folder: str = ""
    file: str = "xlsx"
    permissions: str = "0600"
    outcomes: tuple[str, ...] = ()
    bring: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Role:
    """One role of a system, and the connection through which it takes that role's work.

    `submitter_id` and `receiver_id` identify the two ends of files for a payer (ISA06, ISA08); if
    empty, the practice's own apply. `mode` is `live`, or `observe`: nothing is sent to it in this role.
    `form` is the form in which it takes its work: `interface`, what the role's own interface says, `work_list`:
    then `work_list` says how, or `inside`: its people find it on Throughline's pages.
    """

    name: str
    connection: str
    submitter_id: str = ""
    receiver_id: str = ""
    mode: str = "live"
    form: str = "interface"
    work_list: WorkList | None = None


@dataclass(frozen=True)
class CarriesNothing:
    """A decision kept for a source: unreadable files with these names (`*`, `?`) carry nothing for us."""

    names: str
    decided_by: str
    decided_on: date

    @property
    def told(self) -> str:
        """The decision as a sentence without its end: `files *.pdf carry nothing, says Ann Lee (2026-09-01)`."""
        return f"files {self.names} carry nothing, says {self.decided_by} ({self.decided_on})"

    def matches(self, name: str) -> bool:
        """Return whether a file's name is one of these, in upper or lower case."""
        parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in self.names)
        return re.fullmatch("".join(parts), name, re.IGNORECASE | re.DOTALL) is not None


@dataclass(frozen=True)
class SourceDefinition:
    """One system of record: how it is read, what it brings, what work it takes, its own conventions.

    `serves` limits the payers, billing providers (NPI) and charts that it serves; a list that is not
    given sets no limit. `ids` says how a chart's visits are named outside the chart. `carries_nothing`
    names the files that need no exception when they cannot be read. A source without feeds has no
    standard, no transport and no time zone. `history_days` is how many days before a night the oldest file may be of,
    or, of an export, how far back the first one asks; None: no limit.
    """

    source: str
    title: str
    standard: str
    transport: str
    connection: str
    owner_team: str
    time_zone: str
    feeds: dict[str, Feed]
    folder: str = ""
    conventions: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    serves: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ids: str = ""
    export: Export = field(default_factory=Export)
    carries_nothing: tuple[CarriesNothing, ...] = ()
    search: Search = field(default_factory=Search)
    history_days: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the source's times that have none of their own."""
        return ZoneInfo(self.time_zone)
