"""Draws definitions in the language: each key of it in turn, with names that are used and windows that can be."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.model.generated.kinds import KINDS, SETS, TRIGGERS
from throughline.vocabulary.schemas import schema_of

ENDS = ("died", "declined", "readmitted", "hospice", "no_charge")
WORK = ("outreach", "scheduling", "review", "documentation", "billing")
LANGUAGE = frozenset(
    key
    for part in [schema_of("workflow_language"), *schema_of("workflow_language")["$defs"].values()]
    for key in part.get("properties", ())
)
"""Every key of the parts of a definition."""
CODES = ("99496", "99495", "99213")


@dataclass
class Draw:
    """One definition in the making. `keys` counts how often each key of the language was drawn."""

    rng: random.Random
    keys: Counter[str] = field(default_factory=Counter)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    stages: list[dict[str, Any]] = field(default_factory=list)
    opens: dict[str, Any] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    """Links that the trigger has."""

    def one(self, words: Any) -> Any:
        return self.rng.choice(list(words))

    def is_so(self, chance: float) -> bool:
        return self.rng.random() < chance


def definition(seed: int) -> tuple[dict[str, Any], Counter[str]]:
    """Return a definition, and how often it has each key."""
    draw = Draw(random.Random(seed))
    whole: dict[str, Any] = {
        "workflow": f"drawn_{seed}",
        "version": 1,
        "title": f"Drawn {seed}",
        "owner": "care_management",
        "source": "drawn",
    }
    once = _opening(draw)
    for number in range(draw.rng.randint(1, 4)):
        draw.stages.append(_stage(draw, number))
    population = _condition(draw, "population", 2) if draw.is_so(0.4) else None
    bills = _bills(draw) if draw.is_so(0.5) else None
    ends = [_end(draw, n) for n in range(draw.rng.randint(0, 2))]
    if bills is None:
        for fact in draw.facts.values():
            if fact.get("codes") == "own_codes":
                del fact["codes"]
    whole |= {"facts": {}, "opens": draw.opens, "once_per": once}
    whole |= {"population": population} if population else {}
    whole |= {"stages": draw.stages}
    whole |= {"bills": bills} if bills else {}
    whole |= {"ends": ends} if ends else {}
    whole["facts"] = _used(draw.facts, whole)
    draw.keys.update(_keys(whole))
    return whole, draw.keys


def _used(facts: dict[str, dict[str, Any]], whole: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the facts that the rest of the definition names, and those that these correct."""
    text = str(whole)
    used = {name: fact for name, fact in facts.items() if f"'{name}'" in text}
    was = {fact["corrects"] for fact in used.values() if "corrects" in fact}
    return {name: fact for name, fact in facts.items() if name in used or name in was}


def _keys(words: Any) -> Iterator[str]:
    """Yield every key of the language in a part of a definition."""
    if isinstance(words, dict):
        for key, value in words.items():
            if key in LANGUAGE:
                yield key
            yield from _keys(value)
    elif isinstance(words, list):
        for each in words:
            yield from _keys(each)


def _opening(draw: Draw) -> Any:
    """Draw what opens a case, and return what makes two events one."""
    if draw.is_so(0.12):
        each = draw.one(("month", "quarter"))
        draw.opens = {"each": each}
        if draw.is_so(0.3):
            name = _named(draw, "admission")
            draw.opens = {"each": {"every": "30 days", "from": name}}
            return "period"
        return each
    kind = draw.one(TRIGGERS)
    draw.slots = KINDS[kind].links
    first = _named(draw, kind, is_narrow=False)
    draw.opens = {"after": first}
    if draw.is_so(0.2) and (second := _named(draw, kind, is_narrow=False)) != first:
        draw.opens = {"after": [first, second]}
    if draw.is_so(0.5):
        draw.opens["known_within"] = draw.one(("14 days", "30 days", "2 months"))
    if draw.is_so(0.25):
        draw.opens["wait"] = draw.one(("2 days", "1 business days", "12 hours"))
    if draw.is_so(0.08):
        draw.opens["wait"] = [{"when": _leaf(draw, "wait"), "to": "1 days"}, {"to": "3 days"}]
    if draw.is_so(0.25):
        draw.opens["unless"] = _condition(draw, "unless", 1)
    return draw.one(("event", "event", "person", {"within": "30 days"}, draw.one(draw.slots)))


def _named(draw: Draw, kind: str | None = None, *, is_narrow: bool = True) -> str:
    """Draw a named fact, or take one that is there; return its name."""
    there = [n for n, f in draw.facts.items() if f.get("kind") == kind or kind is None]
    if there and draw.is_so(0.35):
        return str(draw.one(there))
    kind = kind or draw.one(KINDS)
    made = KINDS[kind]
    fact: dict[str, Any] = {"kind": kind}
    if is_narrow and kind in ("contact", "attempt") and draw.is_so(0.15):
        fact["kind"] = ["contact", "attempt"]
    if made.codes and draw.is_so(0.6 if is_narrow else 0.4):
        fact["codes"] = _codes(draw, kind)
    if made.status and draw.is_so(0.5):
        fact["status"] = draw.rng.sample(made.status, draw.rng.randint(1, len(made.status)))
    if draw.is_so(0.35) and (where := _where(draw, kind)):
        fact["where"] = where
    if len(made.times) > 1 and not made.lasts and draw.is_so(0.4):
        fact["time"] = draw.one(made.times[1:])
    name = f"f{len(draw.facts)}"
    draw.facts[name] = fact
    if is_narrow and kind == "result" and draw.is_so(0.25):
        was = f"f{len(draw.facts)}"
        draw.facts[was] = {"kind": kind, "status": ["preliminary", "final"]}
        fact["corrects"] = was
    return name


def _codes(draw: Draw, kind: str) -> Any:
    made = KINDS[kind]
    some = draw.rng.sample(made.codes, draw.rng.randint(1, max(1, len(made.codes) - 1)))
    how = draw.rng.random()
    if kind == "charge" and how < 0.3:
        return "own_codes"
    if how < 0.2 and f"set_{kind}" in SETS:
        return {"value_set": f"set_{kind}"}
    if how < 0.4 and some[0][0].startswith("http"):
        return {some[0][0]: [code for system, code in some if system == some[0][0]]}
    return [code for _, code in some]


def _where(draw: Draw, kind: str) -> dict[str, Any]:
    made = KINDS[kind]
    if made.has_value and draw.is_so(0.6):
        bound = draw.one(("above", "below", "at_least", "at_most"))
        value: dict[str, Any] = {bound: draw.one((10, 20, 30))}
        if draw.is_so(0.4):
            value["unit"] = "mg" if kind == "result" else "min"
        if kind == "result" and draw.is_so(0.25):
            value = {"outside": "reference_range"}
        return {"value": value}
    if not made.details:
        return {}
    key = draw.one(made.details)
    words = made.details[key]
    if isinstance(words[0], bool):
        return {key: draw.one(words)}
    how = draw.rng.random()
    if how < 0.15:
        return {key: "absent"}
    some = draw.rng.sample(words, draw.rng.randint(1, len(words)))
    return {key: {"not": some[:1]}} if how < 0.4 else {key: some}


def _length(draw: Draw) -> str:
    number = draw.one((1, 2, 3, 5, 10, 14))
    unit = draw.one(("days", "days", "business days", "weeks", "hours", "months"))
    if unit == "months":
        return f"{draw.one((1, 2))} months"
    return f"{number if unit != 'hours' else number * 12} {unit}"


def _anchors(draw: Draw) -> list[str]:
    """Return what a moment may count from here: what is said before it in the file."""
    return ["trigger", "trigger", *(stage["stage"] for stage in draw.stages)]


def _window(draw: Draw, decides: str) -> dict[str, Any]:
    """Draw a window that can be: it ends after it begins."""
    how = draw.rng.random()
    anchor = draw.one(_anchors(draw))
    if how < 0.3:
        return {}
    if how < 0.4:
        return {"at": draw.one(("trigger", "now"))}
    if how < 0.65:
        return {"to": {anchor: _length(draw)}}
    if how < 0.8:
        start = draw.one((anchor, {anchor: _length(draw)}, {anchor: f"-{_length(draw)}"}))
        return {"from": start}
    early = {anchor: f"-{_length(draw)}"} if draw.is_so(0.5) else anchor
    late = {anchor: _length(draw)}
    to = {"soonest": [late, {"trigger": "2 months"}]} if draw.is_so(0.25) else late
    return {"from": early, "to": to}


def _same(draw: Draw, kind: str) -> Any:
    """Draw a link that records of a kind have, of the trigger or of what proves a stage."""
    made = KINDS[kind]
    with_trigger = [slot for slot in made.links if slot in draw.slots]
    ways: list[Any] = [*with_trigger, *(["month"] if draw.is_so(0.3) else [])]
    for stage in draw.stages:
        proof = stage.get("proof")
        of = draw.facts.get(proof.get("exists", "")) if isinstance(proof, dict) else None
        other = KINDS[of["kind"]].links if of and isinstance(of["kind"], str) else ()
        ways += [{slot: stage["stage"]} for slot in made.links if slot in other]
    if not ways:
        return None
    found = draw.one(ways)
    if len(with_trigger) > 1 and draw.is_so(0.15):
        return with_trigger[:2]
    return found


def _leaf(
    draw: Draw, decides: str, heads: tuple[str, ...] = ("exists", "none", "count", "sum", "latest")
) -> Any:
    head = draw.one((*heads, "exists") if "exists" in heads else heads)
    kind = draw.one(("care_time", "result")) if head == "sum" else None
    if head == "latest":
        kind = draw.one(("contact", "attempt"))
    name = _named(draw, kind)
    fact = draw.facts[name]
    kind = fact["kind"] if isinstance(fact["kind"], str) else fact["kind"][0]
    words: dict[str, Any] = {head: name}
    if head in ("count", "sum"):
        least = draw.one((1, 2, 3)) if head == "count" else draw.one((10, 20, 30))
        bound = "at_least" if decides == "proof" or draw.is_so(0.8) else "at_most"
        words[bound] = least
        if head == "count" and draw.is_so(0.4):
            words["distinct"] = draw.one(("day", KINDS[kind].links[0]))
    if head == "latest":
        words["is"] = draw.rng.sample(
            ["reached", "declined", "left_message"], draw.rng.randint(1, 2)
        )
    words |= _window(draw, decides)
    if draw.is_so(0.4) and (same := _same(draw, kind)) is not None:
        words["same"] = same
    return words


def _condition(draw: Draw, decides: str, depth: int) -> dict[str, Any]:
    """Draw a condition of at most so many levels."""
    how = draw.rng.random()
    if depth > 0 and how < 0.12:
        return {"all": [_condition(draw, decides, depth - 1) for _ in range(2)]}
    if depth > 0 and how < 0.24:
        return {"any": [_condition(draw, decides, depth - 1) for _ in range(2)]}
    if depth > 0 and how < 0.30:
        return {"first_of": [_leaf(draw, decides, ("exists", "count")) for _ in range(2)]}
    if depth > 0 and how < 0.35:
        return {"not": _condition(draw, decides, depth - 1)}
    if decides in ("population", "ends", "unless") and how < 0.42:
        age: dict[str, Any] = {"from": draw.one((18, 45))}
        return {
            "age": age | ({"to": 75} if draw.is_so(0.5) else {}),
            "at": draw.one(("trigger", "now")),
        }
    if (
        draw.stages
        and decides in ("skips_when", "otherwise", "bills", "ends", "met_by")
        and how < 0.6
    ):
        is_ = draw.one(("proven", "late", "in_time", "pending", "skipped"))
        stage = draw.one(draw.stages)
        if is_ in ("late", "in_time") and "due" not in stage:
            is_ = "proven"
        words: dict[str, Any] = {"stage": stage["stage"], "is": is_}
        if is_ == "proven" and draw.is_so(0.3):
            words["to"] = {"trigger": _length(draw)}
        return words
    return dict(_leaf(draw, decides))


def _proof(draw: Draw) -> dict[str, Any]:
    """Draw a proof: something that shows that the stage happened."""
    how = draw.rng.random()
    heads = ("exists", "exists", "count", "sum", "latest")
    if how < 0.15:
        return {"all": [_leaf(draw, "proof", heads), _condition(draw, "proof", 1)]}
    if how < 0.3:
        return {draw.one(("any", "first_of")): [_leaf(draw, "proof", heads) for _ in range(2)]}
    return dict(_leaf(draw, "proof", heads))


def _stage(draw: Draw, number: int) -> dict[str, Any]:
    name = f"s{number}"
    stage: dict[str, Any] = {"stage": name, "proof": _proof(draw), "source": "drawn"}
    if number == 0 and "after" in draw.opens and draw.is_so(0.1):
        stage["proof"] = "trigger"
    if draw.is_so(0.75):
        stage["due"] = {draw.one(_anchors(draw)): _later(draw)}
        if draw.is_so(0.15):
            stage["due"] = [
                {"when": _leaf(draw, "due"), "to": {"trigger": "3 months"}},
                {"to": {"trigger": "4 months"}},
            ]
        if draw.is_so(0.2):
            stage["met_by"] = _condition(draw, "met_by", 1)
        if draw.is_so(0.15):
            stage["pauses"] = {"exists": _named(draw, "admission")}
        if draw.is_so(0.25):
            stage["escalate"] = [{"at": "1 days", "to": "lead"}, {"at": "3 days", "to": "billing"}]
    if draw.is_so(0.25):
        stage["skips_when"] = _condition(draw, "skips_when", 1)
    if draw.is_so(0.7):
        stage["task"] = {
            "kind": draw.one(WORK),
            "attempts": draw.rng.randint(1, 3),
            "every": "2 days",
        }
        if draw.is_so(0.3):
            stage["task"]["from"] = {"trigger": "1 days"}
        if draw.is_so(0.3):
            stage["task"]["by"] = {"trigger": "9 days"}
        stage["runbook"] = "Do it."
    if draw.is_so(0.35):
        stage["otherwise"] = [_otherwise(draw) for _ in range(draw.rng.randint(1, 2))]
    return stage


def _later(draw: Draw) -> str:
    return str(draw.one(("10 days", "2 weeks", "8 business days", "1 months", "90 days")))


def _otherwise(draw: Draw) -> dict[str, Any]:
    row: dict[str, Any] = {"when": _condition(draw, "otherwise", 1)}
    how = draw.rng.random()
    if how < 0.4:
        return row | {"exception": "missed_clock"}
    if how < 0.55:
        return row | {"close": draw.one(ENDS)}
    return row | {"wait": {"trigger": _length(draw)}, "exception": "verify_by_hand"}


def _bills(draw: Draw) -> dict[str, Any]:
    dated = draw.one(["trigger", *(stage["stage"] for stage in draw.stages)])
    bills: dict[str, Any] = {"dated": dated}
    if draw.is_so(0.3):
        bills["only_if"] = _condition(draw, "bills", 1)
    rows: list[dict[str, Any]] = []
    for code in CODES[: draw.rng.randint(1, 2)]:
        rows.append({"code": code, "when": _condition(draw, "bills", 1)})
    if draw.is_so(0.25):
        sum_ = {"sum": _named(draw, "care_time"), "at_least": 20}
        rows.append(
            {
                "code": CODES[2],
                "when": sum_,
                "add": {"code": "99417", "each": 15, "above": 20, "at_most": 2},
            }
        )
    if draw.is_so(0.5):
        rows.append({"code": draw.one(("ordinary", "unknown", "as_documented"))})
    if len(rows) > 1 and "code" in rows[-1] and "when" in rows[-1] and draw.is_so(0.3):
        return bills | {"lines": [{"first_of": rows[:1]}, {"first_of": rows[1:]}]}
    return bills | {"first_of": rows}


def _end(draw: Draw, number: int) -> dict[str, Any]:
    end: dict[str, Any] = {"reason": ENDS[number], "when": _condition(draw, "ends", 1)}
    if draw.is_so(0.4):
        end["until"] = draw.one(draw.stages)["stage"]
    if draw.is_so(0.3):
        end["bars"] = draw.one(("code", "outreach"))
    elif draw.is_so(0.5):
        end["as"] = draw.one(("closed", "excluded", "void"))
    return end
