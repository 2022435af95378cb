"""Which facts a condition means: standing, in order, described, in time, linked (rules 5, 8 to 12, 14, 18)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.model.moments import ALWAYS, EVER, FOREVER, INSTANT, Span, day, instant
from tests.model.world import (
    ACROSS_SYSTEMS,
    PERIODS,
    Coding,
    Fact,
    Link,
    Person,
    Time,
    Words,
    World,
)

NO, MIGHT, YES = 0, 1, 2
"""Whether a fact is meant. What might be meant is unclear (14, 18)."""


def standing(world: World, person: Person, night: int) -> list[Fact]:
    """Return a person's facts that stand on a night, each record once (12), in their order (10)."""
    known = [f for f in world.facts if f.person == person.name and is_known(f, night)]
    newest: dict[tuple[tuple[str, str], str], Fact] = {}
    for fact in known:
        other = newest.get((fact.record, fact.kind))
        if other is None or (other.known_seq, other.version) < (fact.known_seq, fact.version):
            newest[fact.record, fact.kind] = fact
    if person.sex:
        sex = Fact(person.name, "sex", "sex", codings=frozenset({("sex", person.sex)}))
        newest[sex.record, sex.kind] = sex
    return sorted(newest.values(), key=lambda fact: order(fact, world.zone))


def is_known(fact: Fact, night: int) -> bool:
    """Tell whether a fact stands on a night."""
    return fact.known_seq <= night and (fact.retracted_seq is None or fact.retracted_seq > night)


def order(fact: Fact, zone: ZoneInfo) -> tuple[object, ...]:
    """(10) Time, kind, source, reference, version: the same for any order of arrival."""
    made_at = next(
        (t for t in (fact.occurred, fact.starts, fact.issued, fact.collected, fact.ends) if t), None
    )
    at = span(made_at, zone).first if made_at else ALWAYS
    return at, fact.kind, fact.source, fact.reference, fact.version


def span(time: Time, zone: ZoneInfo) -> Span:
    """(2) A date without a time is that whole day."""
    if time.day is not None:
        return day(time.day, zone)
    assert time.instant is not None
    return instant(time.instant)


def time_of(fact: Fact, which: str | None, zone: ZoneInfo) -> Span | None:
    """(5, 8) Return the time that windows use; None if the record does not say it. A kind that lasts is a period."""
    if which is None and fact.kind in PERIODS:
        return period(fact, zone)
    named = fact.value if which == "value" else getattr(fact, which or "occurred")
    return span(named, zone) if isinstance(named, Time) else None


def period(fact: Fact, zone: ZoneInfo) -> Span:
    """(5) No end means still going, no start means always; the end itself is outside, a last day is inside."""
    begun = fact.starts or fact.occurred
    first = span(begun, zone).first if begun else ALWAYS
    last = FOREVER
    if fact.ends:
        last = span(fact.ends, zone).last - (INSTANT if fact.ends.instant else 0 * INSTANT)
    return Span(first, max(first, last))


def moment_of(fact: Fact, which: str | None, zone: ZoneInfo) -> Span | None:
    """(5) As a moment a period is its start."""
    time = time_of(fact, which, zone)
    if time is not None and which is None and fact.kind in PERIODS:
        begun = fact.starts or fact.occurred
        return span(begun, zone) if begun else instant(time.first)
    return time


def made(fact: Fact, which: str | None, zone: ZoneInfo) -> Span | None:
    """(8) A stage is proven at the time when the record was made, whatever time it is for."""
    if fact.occurred and fact.kind not in PERIODS:
        return span(fact.occurred, zone)
    return moment_of(fact, which, zone)


def kinds_of(named: Words) -> tuple[str, ...]:
    """Return the kinds, or the meaning, that a named fact is of."""
    kinds = named.get("kind", named.get("meaning"))
    return tuple(kinds) if isinstance(kinds, list) else (str(kinds),)


def described(world: World, facts: Words, name: str, fact: Fact, own_codes: frozenset[str]) -> int:
    """Tell whether a fact is what a definition names: kind, `corrects`, `codes`, `status`, `where`."""
    named = facts[name]
    if fact.kind not in kinds_of(named):
        return NO
    parts = [YES]
    if "corrects" in named:
        parts.append(YES if _corrects(world, facts, named["corrects"], fact, own_codes) else NO)
    if "codes" in named:
        parts.append(_coded(world, fact, named["codes"], own_codes))
    if "status" in named:
        parts.append(
            _missing(fact) if fact.status is None else YES if fact.status in named["status"] else NO
        )
    for key, wanted in named.get("where", {}).items():
        parts.append(_where(world, fact, key, wanted))
    return min(parts)


def _corrects(world: World, facts: Words, was: str, fact: Fact, own_codes: frozenset[str]) -> bool:
    """(19) An earlier version of this record, known on an earlier night, was that fact."""
    return any(
        other.record == fact.record
        and other.person == fact.person
        and other.known_seq < fact.known_seq
        and described(world, facts, was, other, own_codes) == YES
        for other in world.facts
    )


def _missing(fact: Fact) -> int:
    """(18) What an unclear record does not say might be what is asked for."""
    return MIGHT if fact.is_unclear else NO


def _coded(world: World, fact: Fact, codes: Any, own_codes: frozenset[str]) -> int:
    """`codes`: one of all codings of the record is enough."""
    if not fact.codings:
        return _missing(fact)
    return YES if matching_codes(world, fact, codes, own_codes) else NO


def matching_codes(world: World, fact: Fact, codes: Any, own_codes: frozenset[str]) -> list[Coding]:
    """Return the codings that `codes` means: a list, `{system: list}`, `{value_set: name}` or `own_codes`."""
    if codes is None:
        return sorted(fact.codings)
    if codes == "own_codes":
        return sorted(c for c in fact.codings if c[1] in own_codes)
    if isinstance(codes, list):
        return sorted(c for c in fact.codings if c[1] in codes)
    if "value_set" in codes:
        return sorted(c for c in fact.codings if c in world.value_sets[codes["value_set"]])
    return sorted(c for c in fact.codings if c[1] in codes.get(c[0], ()))


def _where(world: World, fact: Fact, key: str, wanted: Any) -> int:
    """`where`: a detail of the record, or its value."""
    has = fact.value if key == "value" else fact.detail.get(key)
    if wanted == "absent":
        return YES if has is None else NO
    if isinstance(wanted, dict) and "not" in wanted:
        if has is None and wanted["not"] == "absent":
            return _missing(fact)
        if has is None:
            return MIGHT if fact.is_unclear else YES
        return YES - _where(world, fact, key, wanted["not"])
    if has is None:
        return _missing(fact)
    if not isinstance(wanted, dict):
        told = has if isinstance(has, tuple) else (has,)
        return YES if any(each in told for each in _listed(wanted)) else NO
    if "value_set" in wanted:
        told = has if isinstance(has, tuple) else (has,)
        return YES if any(code in told for _, code in world.value_sets[wanted["value_set"]]) else NO
    return _outside(fact, has) if "outside" in wanted else _bounded(fact, has, wanted)


def _listed(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]


def _outside(fact: Fact, has: Any) -> int:
    """`{outside: reference_range}`: below the record's own low or above its own high."""
    low, high = fact.detail.get("reference_low"), fact.detail.get("reference_high")
    if low is None and high is None:
        return _missing(fact)
    return YES if (low is not None and has < low) or (high is not None and has > high) else NO


def _bounded(fact: Fact, has: Any, wanted: Words) -> int:
    """`above`, `below`, `at_least`, `at_most`, `unit`: without a unit unclear where one is asked for (18)."""
    holds = (
        ("above" not in wanted or has > Decimal(str(wanted["above"])))
        and ("below" not in wanted or has < Decimal(str(wanted["below"])))
        and ("at_least" not in wanted or has >= Decimal(str(wanted["at_least"])))
        and ("at_most" not in wanted or has <= Decimal(str(wanted["at_most"])))
    )
    if "unit" in wanted and fact.unit is None:
        return MIGHT if holds else NO
    return YES if holds and wanted.get("unit", fact.unit) == fact.unit else NO


def shares(
    slot: str, one: Sequence[Link] | frozenset[Link], other: Sequence[Link] | frozenset[Link]
) -> bool:
    """(14) Ids compare inside their namespace, some numbers across systems; of several ids one must be shared."""
    if slot in ACROSS_SYSTEMS:
        return bool({link[1] for link in one} & {link[1] for link in other})
    return bool(set(one) & set(other))


def in_window(fact: Fact, which: str | None, window: Span, zone: ZoneInfo) -> int:
    """(1, 2, 5) A fact is in a window if its time touches it; without that time it is unclear (18)."""
    time = time_of(fact, which, zone)
    if time is None:
        return YES if window == EVER else MIGHT
    return YES if time.touches(window) else NO
