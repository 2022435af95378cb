"""One case, or one candidate, on one night: what its conditions look at (rules 4, 6, 7, 9, 11, 25)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tests.model import matching
from tests.model.library import Workflow
from tests.model.moments import Length, Span, added, instant, length, local_day, month_of
from tests.model.moments import days as days_of
from tests.model.world import Fact, Link, Night, Person, World

CALENDAR = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Trigger:
    """What opened a case: a record (9), or a period."""

    key: str
    span: Span
    links: Mapping[str, frozenset[Link]]
    fact: Fact | None = None
    period: tuple[str, date, date] | None = None

    @property
    def record(self) -> tuple[str, str] | None:
        return self.fact.record if self.fact else None


@dataclass
class Case:
    """A case or a candidate; what was found out once about it on this night is kept in `memo`."""

    world: World
    night: Night
    person: Person
    workflow: Workflow
    trigger: Trigger
    facts: list[Fact]
    others: list[Fact] | None
    """Cases of this night as facts; None in the first pass, in which conditions about cases are left out (29)."""
    opened: datetime | None = None
    fell: Mapping[str, datetime] = field(default_factory=dict)
    was_proven: frozenset[str] = frozenset()
    """Stages that were proven on the night before: one that is not any more falls back tonight (19)."""
    memo: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone(self)

    def passed(self, moment: Span) -> bool:
        """Tell whether a moment is over: an instant, or the whole of its day."""
        return self.night.now > moment.last


def zone(case: Case) -> ZoneInfo:
    """(4) The site of the trigger's encounter or appointment, else the attributed practitioner, else the practice."""
    for slot in ("encounter", "appointment"):
        for _, id_ in sorted(case.trigger.links.get(slot, ())):
            if (slot, id_) in case.world.sites:
                return case.world.sites[slot, id_]
    for fact in case.facts:
        if fact.kind == "attribution" and matching.period(fact, case.world.zone).touches(
            case.trigger.span
        ):
            for _, id_ in sorted(fact.links.get("practitioner", ())):
                if ("practitioner", id_) in case.world.sites:
                    return case.world.sites["practitioner", id_]
    return case.world.zone


def period(case: Case, name: str, of: Span) -> tuple[date, date] | None:
    """Return first and last day of the month, quarter, year, season or run of days that a moment belongs to."""
    own = case.trigger.period
    if own and own[0] == name and of == case.trigger.span:
        return own[1], own[2]
    on = local_day(of.first, case.zone)
    if name in CALENDAR:
        return month_of(on, CALENDAR[name])
    return next((s for s in case.world.calendar.seasons.get(name, ()) if s[0] <= on <= s[1]), None)


def is_period(case: Case, name: str) -> bool:
    return name in CALENDAR or name == "period" or name in case.world.calendar.seasons


@dataclass(frozen=True)
class Moment:
    """A moment that is there: when, and for a clock that can pause where it begins and how long it is."""

    span: Span
    begin: Span
    by: Length | None = None


def moment(case: Case, words: Any, same: Any = None, *, is_clock: bool = False) -> Moment | None:
    """Return a moment, or None if its anchor is not there (16, 25). A length in days makes it whole days (1)."""
    if isinstance(words, str):
        at = anchor(case, words, same, is_clock=is_clock)
        return Moment(at, at) if at else None
    if "soonest" in words:
        there = [
            m for each in words["soonest"] if (m := moment(case, each, same, is_clock=is_clock))
        ]
        return min(there, key=lambda m: m.span.last, default=None)
    ((name, by),) = words.items()
    at = anchor(case, name, same, is_clock=is_clock)
    if at is None:
        return None
    return Moment(added(at, length(by), case.zone, case.world.calendar.is_business), at, length(by))


def anchor(case: Case, name: str, same: Any = None, *, is_clock: bool = False) -> Span | None:
    """Return what a moment counts from: trigger, opened, due_day, now, a stage, a fact, a period or its end."""
    from tests.model import leaves, stages  # both read moments

    if name == "trigger":
        return case.trigger.span
    if name == "opened":
        return instant(case.opened or case.night.now)
    if name == "now":
        return instant(case.night.now)
    if name == "due_day":
        return stages.due_day(case)
    if case.workflow.stage(name):
        if is_clock and stages.is_skipped(case, name):
            return case.trigger.span  # (25) a clock from a skipped stage counts from the trigger
        return stages.proven_at(case, name)
    if name in case.workflow.facts:
        return leaves.newest(case, name, same)
    ends = name.endswith("_end")
    found = (
        period(case, name.removesuffix("_end"), case.trigger.span)
        if is_period(case, name.removesuffix("_end"))
        else None
    )
    if found is None:
        return None
    whole = days_of(*found, case.zone)
    return instant(whole.last if ends else whole.first)
