"""What a source definition says: see `throughline.sources.definitions`, which reads and checks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo


class SourceDefinitionError(ValueError):
    """A source definition is missing or is not what its schema asks for."""


@dataclass(frozen=True)
class Feed:
    """One kind of delivery: expected by this local time of the morning after its business date.

    `omitted_types` says what it means when a Bulk Data export names no output of the type that was
    asked for: `late`, it was not delivered, or `unchanged`, there is nothing new. `volume` says
    what a delivery's is held against: the `usual`, or nothing where it answers what was `asked`;
    it is the catalogue's, unless the definition knows better of this source.
    """

    name: str
    owner_team: str
    expected_by: time
    allowed_lag_days: int = 0
    omitted_types: str = "late"
    volume: str = "usual"


@dataclass(frozen=True)
class Role:
    """What a system is to the practice, and the connection by which it takes the work of that role.

    `submitter_id` and `receiver_id` are those of the files for a payer's system (ISA06, ISA08); empty
    where they are the practice's own.
    """

    name: str
    connection: str
    submitter_id: str = ""
    receiver_id: str = ""


@dataclass(frozen=True)
class SourceDefinition:
    """One system of record: how it is read, what it brings, what work it takes, its own conventions.

    `serves` names the payers, billing providers (NPI) and charts that it serves; what is not named
    there is not limited. `ids` says how the visits of a chart are named outside of it. A source without
    feeds has no standard, no transport and no time zone.
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

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of everything that the source says without one."""
        return ZoneInfo(self.time_zone)
