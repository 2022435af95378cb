"""What a night knows: the input of the model, and of the engine when both are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Coding = tuple[str, str]
"""A system and a code."""
Link = tuple[str, str]
"""A namespace and an id."""
Words = Mapping[str, Any]
"""A part of a definition, as YAML gives it."""

ACROSS_SYSTEMS = frozenset({"claim", "accession", "placer", "filler"})
"""(14) Slots whose ids are compared without their namespace."""
PERIODS = frozenset(
    {
        "admission", "allergy", "attribution", "authorisation", "care_plan", "condition", "consent", "coverage",
        "device_use", "hospice", "hospice_now", "identity_doubt", "left_practice", "opt_out", "payable_code",
        "preference", "responsible_clinician", "sex",
    }
)  # fmt: skip
"""Kinds and meanings whose facts last (5)."""
OUTREACH = frozenset({"outreach", "scheduling"})
"""Kinds of tasks by which a patient is contacted."""


@dataclass(frozen=True)
class Time:
    """A time as a source wrote it: an instant, or a day without a time (2)."""

    instant: datetime | None = None
    day: date | None = None


@dataclass(frozen=True)
class Fact:
    """One thing that a system of record states about a person."""

    person: str
    kind: str
    reference: str
    source: str = "ehr"
    version: str = "1"
    codings: frozenset[Coding] = frozenset()
    status: str | None = None
    value: Decimal | Time | None = None
    unit: str | None = None
    occurred: Time | None = None
    starts: Time | None = None
    ends: Time | None = None
    issued: Time | None = None
    collected: Time | None = None
    links: Mapping[str, frozenset[Link]] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    known_seq: int = 1
    retracted_seq: int | None = None
    is_unclear: bool = False

    @property
    def record(self) -> tuple[str, str]:
        """Return what stays the same through all versions."""
        return self.source, self.reference


@dataclass(frozen=True)
class Aside:
    """A row set aside that names its person: it might be any fact that its feed carries (15)."""

    person: str
    feed: str
    known_seq: int = 1
    solved_seq: int | None = None


@dataclass(frozen=True)
class Feed:
    """Which kinds a feed carries, and through when it is complete on each night; None is complete through the night."""

    name: str
    kinds: frozenset[str]
    system: str = "ehr"
    is_first_to_know: bool = False
    complete: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """Who the facts are about."""

    name: str
    born: date | None = None
    sex: str | None = None
    systems: frozenset[str] = frozenset({"ehr"})


@dataclass(frozen=True)
class Task:
    """Work that we gave out for a stage: when it was begun, and when it ended (None: it is open)."""

    person: str
    workflow: str
    stage: str
    kind: str
    begun: datetime
    ended: datetime | None = None
    trigger: str | None = None


@dataclass(frozen=True)
class Decision:
    """A named person's act about a case: close, retry, put_aside."""

    person: str
    workflow: str
    act: str
    known_seq: int = 1
    stage: str | None = None
    reason: str | None = None
    until: date | None = None
    trigger: str | None = None


@dataclass(frozen=True)
class Calendar:
    """Business days, seasons and the hour at which the staff's day begins."""

    holidays: frozenset[date] = frozenset()
    seasons: Mapping[str, tuple[tuple[date, date], ...]] = field(default_factory=dict)
    day_begins: time = time(8)

    def is_business(self, day: date) -> bool:
        """Tell whether the practice works on a day: Monday to Friday without the holidays."""
        return day.weekday() < 5 and day not in self.holidays


@dataclass(frozen=True)
class Night:
    """A night: its number is our knowledge time, its instant is `now`."""

    number: int
    now: datetime


@dataclass(frozen=True)
class PayerRule:
    """A row of the table of payers' rules: between its dates, one of `codes` is not billed beside one of `beside`."""

    name: str
    codes: frozenset[str]
    beside: frozenset[str]
    same: str = "month"
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True)
class Definition:
    """A version of a workflow, with the instant from which it is active (22)."""

    words: Words
    activated: datetime | None = None

    @property
    def workflow(self) -> str:
        return str(self.words["workflow"])


@dataclass(frozen=True)
class World:
    """Everything that decides, for the persons in it."""

    persons: tuple[Person, ...]
    facts: tuple[Fact, ...]
    nights: tuple[Night, ...]
    zone: ZoneInfo
    definitions: tuple[Definition, ...]
    library: Words = field(default_factory=dict)
    standing: Words = field(default_factory=dict)
    value_sets: Mapping[str, frozenset[Coding]] = field(default_factory=dict)
    feeds: tuple[Feed, ...] = ()
    asides: tuple[Aside, ...] = ()
    tasks: tuple[Task, ...] = ()
    decisions: tuple[Decision, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    sites: Mapping[tuple[str, str], ZoneInfo] = field(default_factory=dict)
    """Zone of the site of an encounter, an appointment or a practitioner, by slot and id (4)."""
    payer_rules: tuple[PayerRule, ...] = ()
    may_be_negative: frozenset[str] = frozenset()
    """Kinds whose values can be negative: a sum of them is not decided early (15)."""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """How long the owner of an exception has, by its reason; one business day where it says nothing."""
