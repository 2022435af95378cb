"""Makes a drawn world fuller: what no drawn definition says, and what else a practice has beside records.

Standard stages and standing rules, other workflows whose cases are read, payers' rules, sites, tasks, decisions, rows
set aside, and more triggers of the same person, so that events join cases.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.model.generated.drawn import WORK, definition
from tests.model.generated.histories import BEGIN, NIGHTS, world
from tests.model.world import (
    Aside,
    Calendar,
    Decision,
    Definition,
    Fact,
    PayerRule,
    Person,
    Task,
    Time,
    World,
)

ZONES = tuple(map(ZoneInfo, ("America/Los_Angeles", "America/New_York", "Pacific/Honolulu")))
OTHER = "other"
LIBRARY: dict[str, Any] = {
    "facts": {"charges": {"kind": "charge"}, "sent": {"kind": "procedure"}},
    "stages": [
        {
            "stage": "claim",
            "proof": {"exists": "sent"},
            "due": {"trigger": "10 days"},
            "task": {"kind": "billing"},
        }
    ],
}
STANDING: dict[str, Any] = {
    "facts": {
        "doubt": {"kind": "note"},
        "left": {"kind": "admission", "status": ["finished"]},
        "told": {"kind": "contact"},
    },
    "ends": [
        {"reason": "left", "when": {"exists": "left", "from": {"trigger": "3 days"}}},
        {
            "reason": "hidden",
            "when": {"count": "doubt", "at_least": 2},
            "bars": "code",
            "until": "claim",
        },
    ],
    "blocks": [
        {
            "when": {"latest": "told", "is": ["declined"]},
            "tasks": ["outreach", "billing"],
            "exception": "refused",
        },
        {
            "when": {"exists": "doubt"},
            "tasks": "all",
            "wait": {"doubt": "5 days"},
            "exception": "doubt",
        },
    ],
}
EXCEPTIONS = {
    "missed": "2 days",
    "verify_by_hand": "3 business days",
    "tries_used_up": "4 hours",
    "refused": "1 weeks",
}
RULES = (
    PayerRule("fees", frozenset({"99495", "99213"}), frozenset({"99214"}), ends=date(2026, 3, 31)),
    PayerRule("visits", frozenset({"99496"}), frozenset({"99213"}), "encounter"),
)


def crowded(seed: int, persons: int) -> World:
    """Return the world of a drawn definition with all that a practice has; the same for the same seed."""
    rng = random.Random(seed)
    words, _ = definition(seed)
    made, _ = world(words, persons, seed)
    whole = _definition(rng, copy.deepcopy(words))
    facts = [
        *made.facts,
        *(
            fact
            for person in made.persons
            for fact in _facts(rng, person.name, whole, list(made.facts))
        ),
    ]
    names = [person.name for person in made.persons]
    stages = [stage["stage"] for stage in whole["stages"]]
    activated = BEGIN + timedelta(days=rng.randint(0, 20)) if rng.random() < 0.2 else None
    return replace(
        made,
        persons=tuple(_person(rng, person) for person in made.persons),
        facts=tuple(facts),
        definitions=(Definition(whole, activated), Definition(_other(rng, whole))),
        library=LIBRARY,
        standing=STANDING,
        payer_rules=RULES,
        exceptions=EXCEPTIONS,
        calendar=Calendar(
            made.calendar.holidays | {date(2026, 3, 11)},
            {"spring": ((date(2026, 3, 1), date(2026, 3, 20)),)},
        ),
        sites={
            (slot, f"{name} {slot} {number}"): rng.choice(ZONES)
            for name in names
            for slot in ("encounter", "practitioner")
            for number in (1, 2, 3)
            if rng.random() < 0.4
        },
        asides=tuple(
            Aside(name, rng.choice(made.feeds).name, rng.randint(1, 3), rng.choice((None, 4)))
            for name in names
            if rng.random() < 0.1
        ),
        tasks=tuple(
            task
            for name in names
            for task in _tasks(rng, name, str(whole["workflow"]), stages, facts)
        ),
        decisions=tuple(
            act
            for name in names
            for act in _decisions(rng, name, str(whole["workflow"]), stages, facts)
        ),
    )


def _person(rng: random.Random, person: Person) -> Person:
    return replace(
        person, sex=rng.choice((None, "female")), systems=rng.choice((person.systems, frozenset()))
    )


def _definition(rng: random.Random, whole: dict[str, Any]) -> dict[str, Any]:
    """Add a standard stage, conditions about other cases, and what a bill excludes."""
    own = whole["workflow"]
    whole["facts"]["their_case"] = {"kind": "case", "codes": [OTHER]}
    whole["facts"]["own_case"] = {"kind": "case", "codes": [own], "status": ["open", "completed"]}
    if rng.random() < 0.5:
        whole["stages"].append({"stage": "billed", "like": "claim"})
    ends = whole.setdefault("ends", [])
    if rng.random() < 0.4:
        ends.append(
            {"reason": "theirs", "when": {"exists": "their_case", "same": "month"}, "as": "void"}
        )
    if rng.random() < 0.4:
        ends.append(
            {
                "reason": "barred",
                "when": {"exists": "their_case"},
                "bars": rng.choice(("code", "outreach")),
            }
        )
    if rng.random() < 0.3:
        whole["opens"]["unless"] = {"exists": "own_case", "from": {"trigger": "-20 days"}}
    if rng.random() < 0.2:
        whole["population"] = {"none": "their_case"}
    if "after" in whole["opens"]:
        whole["once_per"] = rng.choice(
            (
                whole["once_per"],
                "person",
                "encounter",
                {"within": rng.choice(("10 days", "36 hours", "3 business days"))},
            )
        )
    elif rng.random() < 0.5:
        whole["opens"], whole["once_per"] = {"each": "spring"}, "spring"
    if "bills" in whole:
        whole["bills"]["not_with"] = rng.sample(
            ["fees", "visits", {"workflow": OTHER, "same": "month"}, {"workflow": OTHER}], 2
        )
    return whole


def _other(rng: random.Random, whole: dict[str, Any]) -> dict[str, Any]:
    """Return a second workflow that opens by the same events, bills, and reads the cases of the first."""
    after = whole["opens"].get("after")
    names = after if isinstance(after, list) else [after]
    facts = {name: whole["facts"][name] for name in names if name}
    return {
        "workflow": OTHER, "version": 1, "title": "Other", "owner": "care_management", "source": "drawn",
        "facts": {
            **{name: {k: v for k, v in fact.items() if k not in ("corrects", "codes")} for name, fact in facts.items()},
            "seen": {"kind": "visit"},
            "their_case": {"kind": "case", "codes": [whole["workflow"]], "where": {"bills": True}},
        },
        "opens": {"after": after, "known_within": "20 days"} if after else {"each": "month"},
        "once_per": rng.choice(("event", "person", "encounter")) if after else "month",
        "stages": [{"stage": "meet", "proof": {"exists": "seen"}, "due": {"trigger": "5 business days"}}],
        "bills": {"dated": rng.choice(("meet", "trigger")), "first_of": [{"code": "99213"}]},
        "ends": [{"reason": "theirs", "when": {"exists": "their_case", "same": "encounter"}, "bars": "code"}],
    }  # fmt: skip


def _facts(
    rng: random.Random, name: str, whole: dict[str, Any], facts: list[Fact]
) -> Iterator[Fact]:
    """Yield an attribution, claim lines, and more events like those that the person has, some at the same time."""
    if rng.random() < 0.5:
        begin = (
            None if rng.random() < 0.3 else Time(instant=BEGIN + timedelta(days=rng.randint(-9, 9)))
        )
        yield Fact(
            name, "attribution", f"{name} attribution", starts=begin,
            links={"practitioner": frozenset({("ehr", f"{name} practitioner {rng.randint(1, 3)}")})},
        )  # fmt: skip
    for number in range(rng.randint(0, 2)):
        yield Fact(
            name, "claim_lines", f"{name} line {number}", codings=frozenset({("cpt", rng.choice(("99214", "99213")))}),
            occurred=Time(instant=BEGIN + timedelta(days=rng.randint(0, 50))), known_seq=rng.randint(1, 4),
            links={"encounter": frozenset({("ehr", f"{name} encounter {rng.randint(1, 3)}")})},
        )  # fmt: skip
    for number, kind in enumerate(rng.sample(("procedure", "charge", "visit"), rng.randint(0, 3))):
        at = BEGIN + timedelta(days=rng.randint(0, 9))
        yield Fact(
            name, kind, f"{name} {kind} {number}", occurred=Time(instant=at), known_seq=rng.randint(1, 3),
            codings=frozenset({("cpt", rng.choice(("99213", "99495")))}), retracted_seq=rng.choice((None, None, 4, 5)),
            links={"encounter": frozenset({("ehr", f"{name} encounter {rng.randint(1, 3)}")})},
        )  # fmt: skip
    after = whole["opens"].get("after", [])
    kinds = {whole["facts"][n]["kind"] for n in (after if isinstance(after, list) else [after])}
    events = [fact for fact in facts if fact.person == name and fact.kind in kinds]
    for number in range(rng.randint(0, 4) if events else 0):
        like = rng.choice(events)
        shift = timedelta(days=rng.choice((0, 0, 1, 5, 9, 11, 25)) * rng.choice((1, -1)))
        links = dict(like.links)
        if rng.random() < 0.4 and "encounter" in links:
            links["encounter"] |= {("ehr", f"{name} encounter {rng.randint(1, 3)}")}
        yield replace(
            like, reference=f"{name} more {number}", occurred=_moved(like.occurred, shift),
            starts=_moved(like.starts, shift), issued=_moved(like.issued, shift), links=links,
            known_seq=rng.randint(1, 5), retracted_seq=rng.choice((None, None, None, 4, 5)), version="1",
        )  # fmt: skip


def _moved(time: Time | None, shift: timedelta) -> Time | None:
    if time is None:
        return None
    return Time(
        time.instant + shift if time.instant else None, time.day + shift if time.day else None
    )


def _at(rng: random.Random) -> datetime:
    return BEGIN + timedelta(hours=rng.randint(0, 24 * 60))


def _key(rng: random.Random, name: str, facts: list[Fact]) -> str | None:
    own = [fact.reference for fact in facts if fact.person == name]
    return rng.choice(own) if own and rng.random() < 0.3 else None


def _tasks(
    rng: random.Random, name: str, workflow: str, stages: list[str], facts: list[Fact]
) -> Iterator[Task]:
    for _ in range(rng.randint(0, 4)):
        begun = _at(rng)
        ended = begun + timedelta(hours=rng.randint(1, 200)) if rng.random() < 0.7 else None
        key = _key(rng, name, facts)
        yield Task(name, workflow, rng.choice(stages), rng.choice(WORK), begun, ended, key)


def _decisions(
    rng: random.Random, name: str, workflow: str, stages: list[str], facts: list[Fact]
) -> Iterator[Decision]:
    for _ in range(rng.choice((0, 0, 1, 2))):
        act = rng.choice(("close", "retry", "retry", "put_aside", "put_aside"))
        until = date(2026, 3, 3) + timedelta(days=rng.randint(0, 70))
        yield Decision(
            name, workflow, act, rng.randint(1, len(NIGHTS)), rng.choice((None, *stages)),
            rng.choice((None, "said so")), until if act == "put_aside" else None, _key(rng, name, facts),
        )  # fmt: skip
