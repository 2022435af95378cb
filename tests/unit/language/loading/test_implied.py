"""Which condition holds whenever another one does: table by table, and by the model over lives that nobody wrote."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.model.generated.drawn import Draw, _condition, definition
from tests.model.generated.histories import world
from tests.model.nights import evaluate
from throughline.workflows.language.checks.implied import implies
from throughline.workflows.language.expanded import expand
from throughline.workflows.language.walk import Condition

FACTS = {
    "call": {"kind": "contact"},
    "talk": {"kind": "contact", "codes": ["reached"]},
    "word": {"kind": "contact", "codes": ["reached", "declined"]},
    "either": {"kind": ["contact", "attempt"], "codes": ["reached", "declined"]},
    "visit": {"kind": "visit", "where": {"billable": True}},
    "any_visit": {"kind": "visit"},
    "minutes": {"kind": "care_time"},
}
WORKFLOW = expand(
    {
        "facts": FACTS,
        "stages": [{"stage": "seen", "proof": {"exists": "visit"}}],
        "opens": {"after": "call"},
    }
)


def holds(one: Any, other: Any, decides: str = "ends", stage: str | None = None) -> bool:
    """Tell whether the first surely means the second."""
    words = expand({"facts": FACTS, "ends": [{"when": one}, {"when": other}]}).ends
    first, second = (Condition(end["when"], (), decides, stage) for end in words)
    return implies(WORKFLOW, first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"exists": "talk"}, {"exists": "word"}),
        ({"exists": "talk"}, {"exists": "call"}),
        ({"exists": "word"}, {"exists": "either"}),
        ({"exists": "visit"}, {"exists": "any_visit"}),
        ({"exists": "talk", "to": {"trigger": "3 days"}}, {"exists": "talk", "to": {"trigger": "5 days"}}),
        ({"exists": "talk", "from": {"trigger": "3 days"}}, {"exists": "talk", "from": "trigger"}),
        ({"exists": "visit", "same": {"encounter": "seen"}}, {"exists": "visit"}),
        ({"exists": "visit", "same": ["encounter", "order"]}, {"exists": "visit", "same": "order"}),
        ({"count": "talk", "at_least": 3}, {"count": "talk", "at_least": 2}),
        ({"count": "talk", "at_least": 2, "distinct": "day"}, {"count": "word", "at_least": 2}),
        ({"count": "talk", "at_least": 2, "distinct": "day"}, {"count": "talk", "at_least": 2}),
        ({"count": "talk", "at_least": 2}, {"exists": "call"}),
        ({"sum": "minutes", "at_least": 20}, {"sum": "minutes", "at_least": 10}),
        ({"sum": "minutes", "at_least": 20}, {"exists": "minutes"}),
        ({"latest": "word", "is": ["declined"]}, {"exists": "word"}),
        ({"latest": "word", "is": ["declined"]}, {"latest": "word", "is": ["declined", "reached"]}),
        ({"none": "word"}, {"none": "talk"}),
        ({"none": "talk"}, {"none": "talk", "from": "trigger"}),
        ({"not": {"exists": "word"}}, {"not": {"exists": "talk"}}),
        ({"all": [{"exists": "talk"}, {"exists": "visit"}]}, {"exists": "word"}),
        ({"exists": "talk"}, {"any": [{"exists": "visit"}, {"exists": "word"}]}),
        ({"any": [{"exists": "talk"}, {"exists": "word"}]}, {"exists": "call"}),
        ({"stage": "seen", "is": "proven", "to": {"trigger": "7 days"}}, {"stage": "seen", "is": "proven"}),
        ({"age": {"from": 65}}, {"age": {"from": 18}}),
        ({"age": {"from": 20, "to": 30}}, {"age": {"to": 40}}),
    ],
)  # fmt: skip
def test_one_means_the_other_and_not_the_other_way_round(one: Any, other: Any) -> None:
    assert holds(one, other)
    assert not holds(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"exists": "talk"}, {"exists": "visit"}),
        ({"exists": "talk", "to": {"seen": "3 days"}}, {"exists": "talk", "to": {"trigger": "5 days"}}),
        ({"latest": "talk", "is": ["reached"]}, {"latest": "word", "is": ["reached"]}),
        ({"count": "talk", "at_least": 3}, {"count": "talk", "at_least": 2, "at_most": 2}),
        ({"sum": "minutes", "at_least": 20, "to": {"trigger": "1 days"}}, {"sum": "minutes", "at_least": 20}),
        ({"exists": "talk", "at": "now"}, {"exists": "talk", "at": "trigger"}),
        ({"none": "visit"}, {"exists": "visit"}),
        ({"stage": "seen", "is": "late"}, {"stage": "seen", "is": "proven"}),
        ({"age": {"from": 18}, "at": "now"}, {"age": {"from": 18}, "at": "trigger"}),
        ({"bills": "agree"}, {"bills": "disagree"}),
    ],
)  # fmt: skip
def test_neither_means_the_other(one: Any, other: Any) -> None:
    assert not holds(one, other)
    assert not holds(other, one)


def test_a_window_from_a_stage_holds_what_proved_it() -> None:
    first = Condition({"exists": "visit"}, (), "proof", "seen")
    second = Condition({"exists": "visit", "from": "seen"}, (), "proof", "again")
    later = Condition({"exists": "visit", "from": {"seen": "1 hours"}}, (), "proof", "again")
    assert implies(WORKFLOW, first, second)
    assert not implies(WORKFLOW, first, later)


def weakened(draw: Draw, words: Any) -> Any:
    """Return a condition that asks for less, or for something else."""
    weak = dict(words)
    for key in ("all", "any", "first_of"):
        if key in weak:
            parts = list(weak[key])
            how = draw.rng.random()
            return (
                parts[0]
                if how < 0.4
                else {"any": parts}
                if how < 0.7
                else {key: [weakened(draw, p) for p in parts]}
            )
    if "not" in weak:
        return {"not": weakened(draw, weak["not"])}
    for key in ("same", "to", "from", "at"):
        if draw.is_so(0.4):
            weak.pop(key, None)
    if "at_least" in weak and draw.is_so(0.5):
        weak["at_least"] = 1
    if "is" in weak and isinstance(weak["is"], list) and draw.is_so(0.5):
        weak["is"] = ["reached", "declined", "left_message"]
    return weak


@pytest.mark.nights
def test_what_is_said_so_is_so_in_every_life() -> None:
    """Where the first condition holds on some night of some person's case, the second does."""
    asked = lived = 0
    for seed in range(300):
        words, _ = definition(seed)
        draw = Draw(
            random.Random(seed),
            facts=dict(words["facts"]),
            opens=words["opens"],
            stages=words["stages"],
        )
        first = _condition(draw, "ends", 2)
        second = weakened(draw, first) if draw.is_so(0.8) else _condition(draw, "ends", 2)
        bars = [{"reason": "died", "bars": "outreach", "when": when} for when in (first, second)]
        whole = {**words, "facts": draw.facts, "ends": bars}
        one, other = (
            Condition(end["when"], ("ends", n, "when"), "ends")
            for n, end in enumerate(expand(whole).ends)
        )
        if not implies(expand(whole), one, other):
            continue
        asked += 1
        for night in evaluate(world(whole, 8, seed)[0]).values():
            for case in (case for person in night.values() for case in person.cases):
                lived += case.conditions["ends 0"].holds
                assert not case.conditions["ends 0"].holds or case.conditions["ends 1"].holds, (
                    first,
                    second,
                )
    assert asked >= 60
    assert lived >= 300
