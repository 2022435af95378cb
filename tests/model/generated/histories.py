"""Histories of persons: for each question of a definition a record that answers it as was decided beforehand.

Then the world goes wrong: a record is known late, comes twice, is changed or taken back, and feeds fall behind.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.model.generated.kinds import KINDS, SETS
from tests.model.moments import Span, added, instant, length
from tests.model.world import Calendar, Definition, Fact, Feed, Night, Person, Time, World

ZONE = ZoneInfo("America/New_York")
BEGIN = datetime(2026, 3, 2, 15, tzinfo=UTC)
NIGHTS = tuple(
    Night(number, datetime(2026, 3, 3, 8, tzinfo=UTC) + timedelta(days=after))
    for number, after in enumerate((0, 3, 9, 25, 60), 1)
)
CHANGES = ("late", "doubled", "changed", "retracted", "unclear", "stale")
"""What goes wrong with a record, or with the feed that carries it."""
CALENDAR = Calendar(frozenset({date(2026, 5, 25)}))


@dataclass
class Life:
    """One person in the making: what is known to have happened, and when each anchor was."""

    rng: random.Random
    person: str
    words: Mapping[str, Any]
    facts: list[Fact] = field(default_factory=list)
    at: dict[str, datetime] = field(default_factory=dict)
    links: dict[str, Mapping[str, frozenset[tuple[str, str]]]] = field(default_factory=dict)

    def one(self, words: Any) -> Any:
        return self.rng.choice(list(words))

    def is_so(self, chance: float) -> bool:
        return self.rng.random() < chance


def world(words: Mapping[str, Any], persons: int, seed: int) -> tuple[World, Counter[str]]:
    """Return a world of persons for one definition, and how often each change befell it."""
    rng = random.Random(seed)
    changes: Counter[str] = Counter()
    facts: list[Fact] = []
    for number in range(persons):
        life = Life(rng, f"p{number}", words)
        _live(life)
        facts += [changed for fact in life.facts for changed in _wrong(life, fact, changes)]
    rng.shuffle(facts)
    feeds = tuple(_feeds(rng, changes))
    born = {f"p{n}": date(rng.choice((1940, 1960, 1975, 1990, 2012)), 3, 2) for n in range(persons)}
    return World(
        tuple(Person(name, born[name] if rng.random() < 0.95 else None) for name in born),
        tuple(facts), NIGHTS, ZONE, (Definition(words),), value_sets=SETS, feeds=feeds, calendar=CALENDAR,
    ), changes  # fmt: skip


def _live(life: Life) -> None:
    """Let one person live: what opens a case, then what proves its stages, one after the other."""
    opens = life.words["opens"]
    life.at["now"] = NIGHTS[-1].now
    if life.words.get("population"):
        _answer(life, life.words["population"], want=life.is_so(0.9), decides="population")
    begun = BEGIN + timedelta(hours=life.rng.randint(0, 24 * 8))
    if "after" in opens:
        names = opens["after"] if isinstance(opens["after"], list) else [opens["after"]]
        trigger = _record(life, life.one(names), begun, is_meant=life.is_so(0.93))
        life.links["trigger"] = trigger.links
    else:
        if isinstance(opens["each"], dict):
            _record(life, opens["each"]["from"], begun - timedelta(days=20), is_meant=True)
        begun = datetime(2026, 3, 1, 5, tzinfo=UTC)
    life.at |= dict.fromkeys(("trigger", "opened", "due_day"), begun)
    if opens.get("unless"):
        _answer(life, opens["unless"], want=life.is_so(0.1), decides="unless")
    reached = life.rng.choice((0, 1, 2, 9, 9, 9))
    for number, stage in enumerate(life.words["stages"]):
        want = number < reached
        if stage["proof"] == "trigger":
            life.at[stage["stage"]], life.links[stage["stage"]] = (
                begun,
                life.links.get("trigger", {}),
            )
        else:
            _answer(life, stage["proof"], want=want, decides="proof", stage=stage["stage"])
        for key, chance in (("met_by", 0.5), ("skips_when", 0.15), ("pauses", 0.4)):
            if key in stage:
                _answer(life, stage[key], want=life.is_so(chance), decides=key)
        for row in stage.get("otherwise", ()):
            _answer(life, row["when"], want=life.is_so(0.25), decides="otherwise")
    _at_last(life)


def _at_last(life: Life) -> None:
    """Answer what is billed and what ends the case, and add what nobody asked about."""
    bills = life.words.get("bills", {})
    rows = [row for line in bills.get("lines", [bills]) for row in line.get("first_of", ())]
    for when in [bills.get("only_if"), *(row.get("when") for row in rows)]:
        if when:
            _answer(life, when, want=life.is_so(0.6), decides="bills")
    for end in life.words.get("ends", ()):
        _answer(life, end["when"], want=life.is_so(0.12), decides="ends")
    for _ in range(life.rng.randint(0, 3)):
        name = life.one(life.words["facts"])
        at = life.at["trigger"] + timedelta(hours=life.rng.randint(-400, 900))
        _record(life, name, at, is_meant=life.is_so(0.5))


def _answer(life: Life, words: Any, *, want: bool, decides: str, stage: str = "") -> None:
    """Make records by which a condition holds, or does not; of a stage note when and by what it was proven."""
    for key in ("all", "any", "first_of"):
        if key in words:
            parts = list(words[key])
            alone = life.rng.randrange(len(parts))
            for number, part in enumerate(parts):
                is_all = key == "all"
                holds = want if (number == alone or is_all == want) else life.is_so(0.5)
                _answer(life, part, want=holds, decides=decides, stage=stage)
            return
    if "not" in words:
        _answer(life, words["not"], want=not want, decides=decides)
        return
    head = next((key for key in ("exists", "none", "count", "sum", "latest") if key in words), None)
    if head is None:
        return  # of the case, or of the person's age: other answers decide it
    is_there = want if head != "none" else not want
    name = words[head]
    least = int(words.get("at_least", 1)) if head == "count" else 1
    if "at_most" in words and head == "count":
        least = words["at_most"] if want else words["at_most"] + 1
        is_there = True
    for number in range(least if is_there else life.rng.choice((0, 0, 1))):
        at = _instant(life, words, decides, is_in=is_there or life.is_so(0.3))
        if words.get("distinct") == "day":
            at += timedelta(days=number)
        fact = _record(life, name, at, is_meant=is_there or life.is_so(0.5), like=words, head=head)
        if stage and is_there:
            life.at.setdefault(stage, at)
            life.links.setdefault(stage, fact.links)


def _instant(life: Life, words: Mapping[str, Any], decides: str, *, is_in: bool) -> datetime:
    """Return an instant within a window, often at its very edge; or outside it."""
    start = words.get(
        "from", "trigger" if decides in ("proof", "met_by", "skips_when", "otherwise") else None
    )
    if "at" in words:
        span = _span(life, words["at"])
        return span.first if span else life.at.get("trigger", BEGIN)
    first = _span(life, start) if start is not None else None
    last = _span(life, words["to"]) if "to" in words else None
    begin = first.first if first else life.at.get("trigger", BEGIN) - timedelta(days=2)
    end = last.last if last else begin + timedelta(days=12)
    if not is_in:
        minute = timedelta(minutes=1)
        outside: datetime = life.one((begin - minute, end + minute, end + timedelta(days=3)))
        return outside
    if end < begin:
        return begin
    inside = begin + (end - begin) * life.rng.random()
    found: datetime = life.one((begin, end, inside, inside, inside))
    return found


def _span(life: Life, moment: Any) -> Span | None:
    """Return a moment as the person's life has it so far; None if its anchor has not happened."""
    if isinstance(moment, str):
        return instant(life.at[moment]) if moment in life.at else None
    if "soonest" in moment:
        there = [span for each in moment["soonest"] if (span := _span(life, each))]
        return min(there, key=lambda span: span.last, default=None)
    ((anchor, by),) = moment.items()
    if anchor not in life.at:
        return None
    return added(instant(life.at[anchor]), length(by), ZONE, CALENDAR.is_business)


def _record(
    life: Life,
    name: str,
    at: datetime,
    *,
    is_meant: bool,
    like: Mapping[str, Any] | None = None,
    head: str = "",
) -> Fact:
    """Return a record that a named fact means, or one that it does not quite mean."""
    named = life.words["facts"][name]
    kind = named["kind"] if isinstance(named["kind"], str) else life.one(named["kind"])
    made = KINDS[kind]
    wrong = "" if is_meant else life.one(("codes", "status", "where", "kind"))
    codings = _codings(life, made.codes, named.get("codes"), is_right=wrong != "codes")
    if head == "latest" and like is not None and is_meant:
        codings = frozenset((("outcome", life.one(like["is"])),))
    listed = named.get("status")
    status = life.one(listed if listed and wrong != "status" else made.status or ("",)) or None
    value, unit, detail = _details(life, kind, named.get("where", {}), is_right=wrong != "where")
    if head == "sum" and is_meant and like is not None:
        value = Decimal(like.get("at_least", 10)) if life.is_so(0.8) else value
    if wrong == "kind":
        kind = life.one(KINDS)
        made = KINDS[kind]
    when = Time(day=at.astimezone(ZONE).date()) if life.is_so(0.2) else Time(instant=at)
    fact = Fact(
        life.person, kind, f"{life.person} r{len(life.facts)}", source=made.feed, codings=codings,
        status=status, value=value, unit=unit, occurred=when, links=_links(life, made.links, like), detail=detail,
    )  # fmt: skip
    if made.lasts:
        fact = replace(fact, occurred=None, starts=when, ends=_end(life, at))
    if "starts" in made.times:
        made_at = at - timedelta(days=life.rng.randint(0, 5))
        fact = replace(fact, starts=when, occurred=Time(instant=made_at))
    if "issued" in made.times:
        fact = replace(fact, issued=when)
    life.facts.append(fact)
    return fact


def _end(life: Life, begun: datetime) -> Time | None:
    """Return the end of a period: none, some days later, or at the very instant of something else."""
    later = [at for at in life.at.values() if at > begun]
    if later and life.is_so(0.25):
        return Time(instant=life.one(later))
    return (
        None if life.is_so(0.5) else Time(instant=begun + timedelta(days=life.rng.randint(1, 40)))
    )


def _codings(life: Life, codes: Any, wanted: Any, *, is_right: bool) -> frozenset[tuple[str, str]]:
    """Return codings that a named fact lists, or others of the kind; sometimes none, sometimes two."""
    if not codes or life.is_so(0.03):
        return frozenset()
    listed = set(codes)
    if isinstance(wanted, list):
        listed = {coding for coding in codes if coding[1] in wanted}
    elif isinstance(wanted, dict) and "value_set" in wanted:
        listed = set(codes[:1])
    elif isinstance(wanted, dict):
        listed = {coding for coding in codes if coding[1] in wanted.get(coding[0], ())}
    others = set(codes) - listed
    chosen = life.one(sorted(listed if is_right and listed else others or listed))
    return frozenset({chosen, *([life.one(codes)] if life.is_so(0.2) else [])})


def _details(
    life: Life, kind: str, where: Mapping[str, Any], *, is_right: bool
) -> tuple[Decimal | None, str | None, dict[str, Any]]:
    """Return value, unit and details: as `where` wants them, or as it does not."""
    made = KINDS[kind]
    detail = {key: life.one(words) for key, words in made.details.items() if life.is_so(0.9)}
    value = unit = None
    if made.has_value:
        value = Decimal(life.one((5, 9, 10, 11, 19, 20, 21, 30, 31)))
        unit = (
            None
            if life.is_so(0.05)
            else life.one(("mg", "mg", "g") if kind == "result" else ("min",))
        )
    if kind == "result":
        detail |= (
            {"reference_low": Decimal(10), "reference_high": Decimal(20)} if life.is_so(0.8) else {}
        )
    for key, wanted in where.items() if is_right else ():
        if key == "value":
            value = _within(life, wanted)
            unit = wanted.get("unit", unit)
        elif wanted == "absent":
            detail.pop(key, None)
        elif isinstance(wanted, dict):
            detail[key] = life.one(
                [w for w in made.details[key] if w not in wanted["not"]] or made.details[key]
            )
        else:
            detail[key] = life.one(wanted) if isinstance(wanted, list) else wanted
    return value, unit, detail


def _within(life: Life, wanted: Mapping[str, Any]) -> Decimal:
    """Return a value within bounds, often at the very bound."""
    if "outside" in wanted:
        return Decimal(life.one((9, 21, 10, 20)))
    key = next(key for key in ("above", "below", "at_least", "at_most") if key in wanted)
    step = life.one((0, 0, 1, 5)) + (1 if key in ("above", "below") else 0)
    away: int = step if key in ("above", "at_least") else -step
    return Decimal(wanted[key]) + away


def _links(
    life: Life, slots: tuple[str, ...], like: Mapping[str, Any] | None
) -> dict[str, frozenset[tuple[str, str]]]:
    """Return links: those that `same` asks for are mostly shared, others are mostly the record's own."""
    found = {
        slot: frozenset({("ehr", f"{life.person} {slot} {life.rng.randint(1, 3)}")})
        for slot in slots
        if life.is_so(0.85)
    }
    for slot, of in _slots((like or {}).get("same")):
        shared = life.links.get(of, {}).get(slot)
        if shared and slot in slots and life.is_so(0.9):
            found[slot] = shared
    return found


def _slots(same: Any) -> Iterator[tuple[str, str]]:
    if isinstance(same, list):
        for each in same:
            yield from _slots(each)
    elif isinstance(same, dict):
        yield from same.items()
    elif same:
        yield same, "trigger"


def _wrong(life: Life, fact: Fact, changes: Counter[str]) -> Iterator[Fact]:
    """Yield the versions of a record as they became known: mostly one, on the night after it happened."""
    at = fact.issued or fact.occurred or fact.starts or Time(instant=BEGIN)
    happened = at.instant or datetime.combine(at.day or BEGIN.date(), datetime.min.time(), UTC)
    known = next((night.number for night in NIGHTS if night.now > happened), NIGHTS[-1].number)
    how = life.rng.random()
    change = next((c for c, upto in _CHANCES if how < upto), "")
    changes[change] += bool(change)
    last = NIGHTS[-1].number
    if change == "late":
        yield replace(fact, known_seq=min(last, known + life.rng.randint(1, 3)))
    elif change == "doubled":
        yield replace(fact, known_seq=known)
        yield replace(fact, version="2", known_seq=min(last, known + life.rng.randint(0, 2)))
    elif change == "changed":
        later = min(last, known + life.rng.randint(1, 2))
        yield replace(fact, known_seq=known, retracted_seq=later if later > known else None)
        yield replace(_other(life, fact), version="2", known_seq=later)
    elif change == "retracted":
        yield replace(fact, known_seq=known, retracted_seq=known + life.rng.randint(1, 3))
    elif change == "unclear":
        yield replace(fact, known_seq=known, is_unclear=True, codings=frozenset())
    else:
        yield replace(fact, known_seq=known)


_CHANCES = (
    ("late", 0.1),
    ("doubled", 0.18),
    ("changed", 0.26),
    ("retracted", 0.33),
    ("unclear", 0.36),
)


def _other(life: Life, fact: Fact) -> Fact:
    """Return a record as somebody corrected it: another time, status or code."""
    made = KINDS[fact.kind]
    what = life.one(("time", "status", "codes"))
    if what == "time" and fact.occurred and fact.occurred.instant:
        return replace(
            fact,
            occurred=Time(instant=fact.occurred.instant + timedelta(days=life.one((-3, 1, 4)))),
        )
    if what == "status" and made.status:
        return replace(fact, status=life.one(made.status))
    return replace(fact, codings=frozenset({life.one(made.codes)})) if made.codes else fact


def _feeds(rng: random.Random, changes: Counter[str]) -> Iterator[Feed]:
    """Yield the feeds of all kinds; one or two fall behind on some nights."""
    by_feed: dict[str, set[str]] = {}
    for kind, made in KINDS.items():
        by_feed.setdefault(made.feed, set()).add(kind)
    for name, kinds in sorted(by_feed.items()):
        complete: dict[int, datetime] = {}
        if rng.random() < 0.2:
            for night in rng.sample(NIGHTS, rng.randint(1, 2)):
                complete[night.number] = night.now - timedelta(days=rng.choice((1, 3, 20)))
            changes["stale"] += 1
        yield Feed(name, frozenset(kinds), complete=complete)
