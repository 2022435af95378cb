"""One leaf of a condition: which facts it means, and how many, how much, which last (rules 6, 7, 9 to 12, 14, 15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.model import matching, truth
from tests.model.context import Case, is_period, moment, period
from tests.model.library import CONDITIONS
from tests.model.matching import MIGHT, NO, YES
from tests.model.moments import EVER, Span, local_day
from tests.model.moments import days as days_of
from tests.model.truth import FALSE, NOT_YET, TRUE, UNKNOWN, Truth
from tests.model.world import Fact, Link, Words

FROM_TRIGGER = frozenset({"proof", "met_by", "skips_when", "otherwise", "due", "pauses"})
"""(6) Places in which `from` is the trigger if it is not written; elsewhere it is open."""
UNCLEAR = frozenset({"after", "population", "proof", "met_by", "skips_when", "pauses"})
"""(14) Places in which a fact without the link is unclear; elsewhere it does not match and holds nothing up."""
OURS = frozenset({"case", "decision", "sex"})
"""Kinds that no feed carries: we know them ourselves."""


@dataclass(frozen=True)
class Answer:
    """The truth of a condition, with the facts that it rests on and when it came to hold (10)."""

    truth: Truth
    by: tuple[Fact, ...] = ()
    at: Span | None = None


def position(case: Case, fact: Fact) -> tuple[object, ...]:
    """(10) Return a fact's place in the person's order."""
    return matching.order(fact, case.world.zone)


def leaf(case: Case, condition: Words, place: str) -> Answer:
    """(15) `exists`, `none`, `count`, `sum`, `latest`: of a named fact, in a window, with links."""
    operation = next(key for key in CONDITIONS if key in condition)
    window = window_of(case, condition, place)
    anchors = anchors_of(case, condition.get("same"))
    if window is None or anchors is None:
        return Answer(NOT_YET)  # (16)
    name = condition[operation]
    asked = [
        (fact, meant(case, name, fact, condition, window, anchors, place))
        for fact in of_kind(case, name)
    ]
    found = [fact for fact, how in asked if how == YES]
    unclear = [fact for fact, how in asked if how == MIGHT]
    more = is_open(case, name, window)
    if operation == "latest":
        return _latest(case, condition, found, unclear, more=more, takes_known=place == "blocks")
    if operation == "sum":
        return _sum(case, condition, found, unclear, more=more)
    if operation in ("exists", "none"):
        answer = _count(case, {"at_least": 1}, name, found, unclear, more=more, place=place)
        return Answer(truth.negated(answer.truth)) if operation == "none" else answer
    return _count(case, condition, name, found, unclear, more=more, place=place)


def of_kind(case: Case, name: str) -> list[Fact]:
    """Return the facts of the kinds that a named fact is of, other cases included."""
    kinds = matching.kinds_of(case.workflow.facts[name])
    found = [fact for fact in case.facts if fact.kind in kinds]
    others = [fact for fact in case.others or [] if fact.kind in kinds]
    return sorted([*found, *others], key=lambda f: position(case, f)) if others else found


def window_of(case: Case, condition: Words, place: str) -> Span | None:
    """(6, 7, 16) `from`, `to`, `at`. A lower bound that is not there is not yet, an upper one is no bound."""
    if "at" in condition:
        at = moment(case, condition["at"])
        return at.span if at else None
    first, last = EVER.first, EVER.last
    start = condition.get("from", "trigger" if place in FROM_TRIGGER else None)
    if start is not None:
        begin = moment(case, start)
        if begin is None:
            return None
        first = begin.span.first
    if "to" in condition:
        end = moment(case, condition["to"])
        last = end.span.last if end else last
    if "not after" in condition:  # `met_by`: the clock of its stage
        last = min(last, condition["not after"].last)
    return Span(first, last)


@dataclass(frozen=True)
class Shared:
    """What a fact has to share: ids of a slot, days of a period, or the record itself."""

    slot: str
    ids: frozenset[Link] = frozenset()
    days: Span | None = None


def slots_of(same: Any) -> list[tuple[str, str]]:
    """Return the slots of `same` with the anchor of each: a slot, a list, or `{slot: stage}`."""
    if isinstance(same, list):
        return [pair for each in same for pair in slots_of(each)]
    if isinstance(same, dict):
        return list(same.items())
    return [(same, "trigger")] if same else []


def anchors_of(case: Case, same: Any) -> list[Shared] | None:
    """(14, 16) Return what has to be shared, with the trigger or a stage's facts; None if a stage is not there yet."""
    from tests.model import stages  # they ask conditions in turn

    shared = []
    for slot, of in slots_of(same):
        facts = (case.trigger.fact,) if of == "trigger" else stages.proof(case, of).by
        at = case.trigger.span if of == "trigger" else stages.proven_at(case, of)
        if at is None:
            return None
        if is_period(case, slot):
            found = period(case, slot, at)
            shared.append(Shared(slot, days=days_of(*found, case.zone) if found else None))
        elif slot == "record":
            shared.append(Shared(slot, frozenset(fact.record for fact in facts if fact)))
        else:
            ids = (
                [case.trigger.links] if of == "trigger" else [fact.links for fact in facts if fact]
            )
            shared.append(
                Shared(slot, frozenset(id_ for links in ids for id_ in links.get(slot, ())))
            )
    return shared


def linked(case: Case, fact: Fact, which: str | None, anchors: Iterable[Shared], place: str) -> int:
    """(14) A fact without the link, or an anchor without it, is never taken for the person's: unclear, or no match."""
    how = YES
    for shared in anchors:
        if shared.slot == "record":
            how = min(how, YES if fact.record in shared.ids else NO)
        elif is_period(case, shared.slot):
            time = matching.time_of(fact, which, case.zone)
            if shared.days is None or time is None:
                how = min(how, _without(place))
            elif not time.touches(shared.days):
                how = NO
        elif not shared.ids or not fact.links.get(shared.slot):
            how = min(how, _without(place))
        else:
            how = min(
                how,
                YES if matching.shares(shared.slot, shared.ids, fact.links[shared.slot]) else NO,
            )
    return how


def _without(place: str) -> int:
    return MIGHT if place in UNCLEAR else NO


def meant(
    case: Case,
    name: str,
    fact: Fact,
    condition: Words,
    window: Span,
    anchors: list[Shared],
    place: str,
) -> int:
    """Tell whether a fact is what a condition asks for."""
    if is_own_record(case, fact) and not any(shared.slot == "record" for shared in anchors):
        return NO
    which = case.workflow.facts[name].get("time")
    how = matching.described(case.world, case.workflow.facts, name, fact, case.workflow.own_codes)
    if how == NO or not _is_on_its_side(case, fact, which, condition, place):
        return NO
    return min(
        how,
        matching.in_window(fact, which, window, case.zone),
        linked(case, fact, which, anchors, place),
    )


def is_own_record(case: Case, fact: Fact) -> bool:
    """(9) The trigger's own record satisfies no condition of its case unless it says `same: record`."""
    return fact.record == case.trigger.record


def _is_on_its_side(
    case: Case, fact: Fact, which: str | None, condition: Words, place: str
) -> bool:
    """(10) At the trigger's very time a record of its own kind is after it only if its id is greater."""
    own = case.trigger.fact
    if own is None or own.kind != fact.kind or own.record == fact.record:
        return True
    if matching.time_of(fact, which, case.zone) != case.trigger.span:
        return True
    if "at" in condition:
        return True
    starts = condition.get("from", "trigger" if place in FROM_TRIGGER else None) == "trigger"
    if starts and fact.record < own.record:
        return False
    return not (condition.get("to") == "trigger" and fact.record > own.record)


def is_open(case: Case, name: str, window: Span) -> bool:
    """(15) Tell whether a feed that carries it is not complete for this person through the window's end or now."""
    through = min(window.last, case.night.now)
    kinds = set(matching.kinds_of(case.workflow.facts[name])) - OURS
    for feed in case.world.feeds:
        knows = feed.system in case.person.systems or feed.is_first_to_know
        until = feed.complete.get(case.night.number)
        if feed.kinds & kinds and knows and until is not None and until < through:
            return True
    return False


def set_aside(case: Case, name: str) -> int:
    """(15) A row set aside that names the person is an unclear record of every kind that its feed carries."""
    kinds = set(matching.kinds_of(case.workflow.facts[name]))
    carries = {feed.name: feed.kinds for feed in case.world.feeds}
    return sum(
        1
        for aside in case.world.asides
        if aside.person == case.person.name
        and aside.known_seq <= case.night.number
        and (aside.solved_seq is None or aside.solved_seq > case.night.number)
        and carries[aside.feed] & kinds
    )


def _count(
    case: Case,
    bounds: Words,
    name: str,
    found: list[Fact],
    unclear: list[Fact],
    *,
    more: bool,
    place: str,
) -> Answer:
    """(12, 15) Count records, or their days, codes or links; decided early where more facts cannot change it."""
    counted: dict[object, Fact] = {}
    for fact in found:
        value = _counted_by(case, bounds.get("distinct"), name, fact)
        if value is None:
            unclear = [*unclear, fact] if _without(place) == MIGHT else unclear
        else:
            counted.setdefault(value, fact)
    least, most = len(counted), len(counted) + len(unclear) + set_aside(case, name)
    wanted = bounds.get("at_least", 0 if "at_most" in bounds else 1)
    parts = [TRUE if least >= wanted else UNKNOWN if more or most >= wanted else FALSE]
    if "at_most" in bounds:
        limit = bounds["at_most"]
        parts.append(FALSE if least > limit else UNKNOWN if more or most > limit else TRUE)
    held = truth.every(parts)
    by = tuple(list(counted.values())[:wanted]) if held.holds else ()
    return Answer(held, by, _made(case, name, by[-1]) if by else None)


def _counted_by(case: Case, distinct: str | None, name: str, fact: Fact) -> object | None:
    """`distinct`: the local day, the first of the codes that are meant, or the first id of a slot."""
    named = case.workflow.facts[name]
    if distinct is None:
        return fact.record
    if distinct == "day":
        time = matching.moment_of(fact, named.get("time"), case.zone)
        return local_day(time.first, case.zone) if time else None
    if distinct == "code":
        codes = matching.matching_codes(
            case.world, fact, named.get("codes"), case.workflow.own_codes
        )
        return codes[0] if codes else None
    return min(fact.links.get(distinct, ()), default=None)


def _sum(
    case: Case, bounds: Words, found: list[Fact], unclear: list[Fact], *, more: bool
) -> Answer:
    """(15) Add values of one unit; decided early only for kinds that cannot be negative."""
    name = bounds["sum"]
    kinds = set(matching.kinds_of(case.workflow.facts[name]))
    units = [fact.unit for fact in found if isinstance(fact.value, Decimal)]
    added = [f for f in found if isinstance(f.value, Decimal) and f.unit == units[0]]
    unclear = [*unclear, *(f for f in found if f not in added)]
    total = sum((f.value for f in added if isinstance(f.value, Decimal)), Decimal())
    is_known = not (more or unclear or set_aside(case, name))
    decides_early = not kinds & case.world.may_be_negative
    parts = []
    if "at_least" in bounds:
        reached = total >= Decimal(str(bounds["at_least"]))
        parts.append(truth.of(reached) if is_known or (reached and decides_early) else UNKNOWN)
    if "at_most" in bounds:
        within = total <= Decimal(str(bounds["at_most"]))
        parts.append(truth.of(within) if is_known or (not within and decides_early) else UNKNOWN)
    held = truth.every(parts)
    by = _until_reached(added, Decimal(str(bounds.get("at_least", 0)))) if held.holds else ()
    return Answer(held, by, _made(case, name, by[-1]) if by else None)


def _until_reached(added: list[Fact], wanted: Decimal) -> tuple[Fact, ...]:
    total, by = Decimal(), []
    for fact in added:
        if total >= wanted:
            break
        by.append(fact)
        total += fact.value if isinstance(fact.value, Decimal) else 0
    return tuple(by)


def total(case: Case, condition: Words, place: str) -> tuple[Decimal, bool]:
    """Return what a `sum` adds up to, and whether more could still come."""
    window = window_of(case, condition, place)
    anchors = anchors_of(case, condition.get("same"))
    if window is None or anchors is None:
        return Decimal(), False
    name = condition["sum"]
    asked = [
        (f, meant(case, name, f, condition, window, anchors, place)) for f in of_kind(case, name)
    ]
    values = [f.value for f, how in asked if how == YES and isinstance(f.value, Decimal)]
    unclear = any(how == MIGHT for _, how in asked) or set_aside(case, name) > 0
    return sum(values, Decimal()), unclear or is_open(case, name, window)


def _latest(
    case: Case,
    condition: Words,
    found: list[Fact],
    unclear: list[Fact],
    *,
    more: bool,
    takes_known: bool,
) -> Answer:
    """(15) `latest` is unknown while a feed is stale, save in `blocks`, which take what is known."""
    name = condition["latest"]
    newest = max(found, key=lambda f: position(case, f), default=None)
    later = [f for f in unclear if newest is None or position(case, f) > position(case, newest)]
    if not takes_known and (more or later or set_aside(case, name)):
        return Answer(UNKNOWN)
    if newest is None:
        return Answer(FALSE)
    codes = matching.matching_codes(case.world, newest, condition["is"], case.workflow.own_codes)
    return Answer(TRUE, (newest,), _made(case, name, newest)) if codes else Answer(FALSE)


def _made(case: Case, name: str, fact: Fact) -> Span | None:
    return matching.made(fact, case.workflow.facts[name].get("time"), case.zone)


def newest(case: Case, name: str, same: Any) -> Span | None:
    """(11) A fact's name as a moment is the newest that stands and, where its line has `same`, satisfies it."""
    anchors = anchors_of(case, same)
    if anchors is None:
        return None
    which = case.workflow.facts[name].get("time")
    found = [
        fact
        for fact in of_kind(case, name)
        if matching.described(case.world, case.workflow.facts, name, fact, case.workflow.own_codes)
        == YES
        and linked(case, fact, which, anchors, "moment") == YES
        and matching.moment_of(fact, which, case.zone) is not None
    ]
    last = max(found, key=lambda fact: position(case, fact), default=None)
    return matching.moment_of(last, which, case.zone) if last else None
