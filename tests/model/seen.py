"""What a night says of a person: the output of the model, and of the engine when both are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.model.moments import Span
from tests.model.truth import Truth


@dataclass(frozen=True)
class Ask:
    """One row of what a case asks for (27); the lowest rank wins, the others are the answer of `make why`."""

    rank: tuple[int, int]
    asks: str
    """exception, wait, open task or task."""
    kind: str
    due: datetime | None
    reason: str = ""
    by: datetime | None = None
    """For a task of booking: the day until which the visit should lie."""


@dataclass(frozen=True)
class StageSeen:
    """A stage as of a night."""

    name: str
    state: str
    """proven, skipped, late or pending."""
    proof: Truth
    by: tuple[str, ...]
    """References of the facts that prove it."""
    at: Span | None
    limit: Span | None
    """When the rule's clock ends."""
    due: Span | None
    """When the staff's clock ends (20)."""
    late: Truth
    in_time: Truth


@dataclass(frozen=True)
class CaseSeen:
    """A case as of a night."""

    workflow: str
    key: str
    """Reference of the record that opened it, or the period's first day."""
    trigger: str
    opened: int
    """Number of the night that opened it."""
    zone: ZoneInfo
    status: str
    """open, completed, closed, excluded or void."""
    reason: str
    stages: tuple[StageSeen, ...]
    asks: tuple[Ask, ...]
    bills: str
    """What its evidence supports: codes with their units, ordinary, as_documented, unknown, nothing."""
    agrees: str
    """agree, disagree, unknown or nothing; empty while nothing is charged."""
    bars: tuple[str, ...]
    escalated: tuple[str, ...]
    events: tuple[str, ...]
    conditions: Mapping[str, Truth]
    """Each condition of the definition by where it stands."""


@dataclass(frozen=True)
class WaitingSeen:
    """A trigger that opens no case tonight."""

    workflow: str
    key: str
    why: str
    """wait, unless unknown, population unknown or unclear; empty if it will open none as things stand."""
    zone: ZoneInfo
    is_exception: bool
    conditions: Mapping[str, Truth]


@dataclass(frozen=True)
class PersonSeen:
    """All cases of a person, and the triggers that opened none."""

    cases: tuple[CaseSeen, ...]
    waiting: tuple[WaitingSeen, ...]
