"""What opens a case, and which case a newer event joins (rules 9, 17, 18, 20 to 23)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.model import matching, stages
from tests.model.conditions import ask
from tests.model.context import CALENDAR, Case, Trigger, zone
from tests.model.leaves import newest
from tests.model.matching import NO, YES
from tests.model.moments import ALWAYS, added, days, instant, length, local_day, month_of
from tests.model.truth import TRUE, Truth
from tests.model.world import Fact


@dataclass
class Recorded:
    """What is recorded of a case between nights; all else is derived anew each night (19)."""

    workflow: str
    key: str
    opened: int
    at: datetime
    records: list[tuple[str, str]] = field(default_factory=list)
    period: tuple[str, date, date] | None = None
    proven: dict[str, tuple[str, ...]] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    fell: dict[str, datetime] = field(default_factory=dict)
    is_completed: bool = False
    billed: str | None = None


@dataclass(frozen=True)
class Candidate:
    """A trigger, and whether it is one for sure (18)."""

    trigger: Trigger
    how: int


def after(case: Case) -> list[str]:
    named = case.workflow.opens.get("after", [])
    return named if isinstance(named, list) else [named]


def candidates(case: Case) -> Iterator[Candidate]:
    """Yield the records that `after` names in the person's order, or the running period of `each`."""
    if "each" in case.workflow.opens:
        found = running(case)
        if found:
            yield Candidate(found, YES)
        return
    for fact in case.facts:
        how, name = best(case, fact)
        if how != NO:
            yield Candidate(triggered(case, fact, name), how)


def best(case: Case, fact: Fact) -> tuple[int, str]:
    """Return how well a fact is one of `after`, and which: the first that it is."""
    of = [
        (
            matching.described(
                case.world, case.workflow.facts, name, fact, case.workflow.own_codes
            ),
            name,
        )
        for name in after(case)
    ]
    return max(of, key=lambda each: each[0], default=(NO, ""))


def triggered(case: Case, fact: Fact, name: str) -> Trigger:
    """(9) The trigger is a record; its time is that of the version that stands."""
    which = case.workflow.facts[name].get("time")
    bare = Trigger(fact.reference, instant(ALWAYS), fact.links, fact)
    at = matching.moment_of(fact, which, zone(_like(case, bare))) or instant(ALWAYS)
    return Trigger(fact.reference, at, fact.links, fact)


def _like(case: Case, trigger: Trigger) -> Case:
    return Case(
        case.world, case.night, case.person, case.workflow, trigger, case.facts, case.others
    )


def running(case: Case) -> Trigger | None:
    """(22) `each` opens the running period: a month, quarter, year, season, or a run of days from a fact."""
    each = case.workflow.opens["each"]
    where = zone(_like(case, Trigger("", instant(case.night.now), {})))
    today = local_day(case.night.now, where)
    if isinstance(each, dict):
        begun = newest(_like(case, Trigger("", instant(case.night.now), {})), each["from"], None)
        run = length(each["every"]).number
        if begun is None or local_day(begun.first, where) > today:
            return None
        begin = local_day(begun.first, where)
        begin += timedelta(days=(today - begin).days // run * run)
        return _period("period", begin, begin + timedelta(days=run - 1), where)
    if each in CALENDAR:
        return _period(each, *month_of(today, CALENDAR[each]), where)
    season = next((s for s in case.world.calendar.seasons[each] if s[0] <= today <= s[1]), None)
    return _period(each, *season, where) if season else None


def _period(name: str, first: date, last: date, where: Any) -> Trigger:
    return Trigger(
        first.isoformat(), instant(days(first, last, where).first), {}, None, (name, first, last)
    )


def joined(
    case: Case, trigger: Trigger, recorded: list[Recorded], status: dict[str, str]
) -> Recorded | None:
    """(21) Return the case that an event joins: of its slot, person, or within a length of the first trigger."""
    once = case.workflow.once_per
    for other in recorded:
        held = holder(case, other)
        if other.workflow != case.workflow.name or held is None:
            continue
        if trigger.period or other.period:
            if trigger.period == other.period:
                return other
            continue
        if isinstance(once, dict):
            first = opening(case, other)
            if first and _is_within(case, first, trigger, once["within"]):
                return other
        elif once != "event":
            same = once == "person" or matching.shares(
                once, held.links.get(once, frozenset()), trigger.links.get(once, frozenset())
            )
            if same and (status[other.key] == "open" or trigger.span.first < held.span.first):
                return other
    return None


def _is_within(case: Case, first: Trigger, other: Trigger, within: str) -> bool:
    """(21) `{within}` counts from the first trigger and is not chained; a late earlier one joins, too."""
    calendar = case.world.calendar
    early, late = sorted((first.span, other.span), key=lambda span: span.first)
    return late.first <= added(early, length(within), case.zone, calendar.is_business).last


def standing_triggers(case: Case, recorded: Recorded) -> list[Trigger]:
    found = [
        c.trigger for c in candidates(case) if c.how == YES and c.trigger.record in recorded.records
    ]
    return sorted(found, key=lambda t: (t.span.first, t.key))


def opening(case: Case, recorded: Recorded) -> Trigger | None:
    """Return the record that opened a case, or the first that is left of those that joined it."""
    found = standing_triggers(case, recorded)
    return next((t for t in found if t.key == recorded.key), found[0] if found else None)


def holder(case: Case, recorded: Recorded) -> Trigger | None:
    """(21) Return tonight's trigger: of a slot or person the newest, of `{within}` the first, if not withdrawn."""
    if recorded.period:
        where = zone(_like(case, Trigger("", instant(case.night.now), {})))
        return _period(*recorded.period, where)
    if isinstance(case.workflow.once_per, dict):
        return opening(case, recorded)
    found = standing_triggers(case, recorded)
    return found[-1] if found else None


@dataclass(frozen=True)
class Opening:
    """Whether a candidate opens a case tonight; if not, why it waits (empty: it opens none as things stand)."""

    opens: bool
    why: str
    conditions: dict[str, Truth]


def opens(case: Case, how: int) -> Opening:
    """(17, 22, 23) Ask `wait`, `known_within`, activation, `unless` and `population` of a candidate."""
    if how != YES:
        return Opening(opens=False, why="unclear", conditions={})
    words = case.workflow.opens
    due = stages.due_day(case)
    unless = ask(case, words.get("unless"), "unless").truth
    population = ask(case, case.workflow.population, "population", left_out=TRUE).truth
    conditions = {"unless": unless, "population": population}
    why = ""
    if is_too_late(case):
        why = ""
    elif "wait" in words and (due is None or not case.passed(due)):
        why = "wait"
    elif unless.is_unknown:
        why = "unless unknown"
    elif unless.holds:
        why = ""
    elif population.is_unknown:
        why = "population unknown"
    elif population.holds:
        return Opening(opens=True, why="", conditions=conditions)
    return Opening(opens=False, why=why, conditions=conditions)


def is_too_late(case: Case) -> bool:
    """`known_within`: learned of too late. (22) A new version opens nothing from before its activation less that."""
    fact, words, activated = case.trigger.fact, case.workflow.opens, case.workflow.activated
    if activated is not None and case.night.now < activated:
        return True  # it is not active yet
    if fact is None:
        return False
    calendar, within = case.world.calendar, words.get("known_within")
    if activated is not None:
        by = length(f"-{within}") if within else length("0 hours")
        begins = added(instant(activated), by, case.zone, calendar.is_business)
        if case.trigger.span.last < begins.first:
            return True
    return (
        within is not None
        and learned(case, fact)
        > added(case.trigger.span, length(within), case.zone, calendar.is_business).last
    )


def learned(case: Case, fact: Fact) -> datetime:
    """Return the night on which a record was first known to be what `after` names."""
    seqs = [
        other.known_seq
        for other in case.world.facts
        if other.record == fact.record
        and other.person == fact.person
        and best(case, other)[0] == YES
    ]
    return next(night.now for night in case.world.nights if night.number >= min(seqs))
