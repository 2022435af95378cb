"""What stages need of each other: no circle, and no more than eight levels of conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.vocabulary import Place
from throughline.workflows.language.expanded import Words, Workflow
from throughline.workflows.language.reading import Problem
from throughline.workflows.language.walk import Condition, anchors

DEEPEST = 8
"""The levels of conditions that a night evaluates, one statement each."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "proven": ("proof",),
    "pending": ("proof", "skips"),
    "skipped": ("proof", "skips"),
    "late": ("proof", "due"),
    "in_time": ("proof", "due", "met_by"),
}
"""What a state of a stage rests on."""

Node = tuple[str, str]
"""A stage, and what of it is asked: proof, skips, due, met_by."""


def problems(workflow: Workflow) -> Iterator[Problem]:
    """Yield circles among the stages, and conditions that rest on too many others."""
    names = [stage.get("stage") for stage in workflow.stages]
    if len(set(names)) < len(names):
        return  # two stages of one name: told elsewhere
    needs = dict(_nodes(workflow))
    circles = list(_circles(needs))
    for circle in circles:
        number, place = _place(workflow, circle[0])
        way = " needs ".join(f"{_called(node)}" for node in (*circle, circle[0]))
        yield Problem(place, f"this goes in a circle: {way}; take one of these out")
    if circles:
        return
    levels: dict[Node, int] = {}
    for number, stage in enumerate(workflow.stages):
        for node in [each for each in needs if each[0] == stage.get("stage")]:
            level = _level(node, needs, levels)
            if level > DEEPEST:
                told = f"{_called(node)} rests on {level} levels of conditions, and {DEEPEST} are evaluated"
                yield Problem(("stages", number), f"{told}: let it rest on fewer stages")
                return


def _nodes(workflow: Workflow) -> Iterator[tuple[Node, set[Node]]]:
    names = {str(stage["stage"]) for stage in workflow.stages if "stage" in stage}
    for number, stage in enumerate(workflow.stages):
        name = stage.get("stage")
        if not isinstance(name, str):
            continue
        yield (name, "proof"), _of(workflow, stage.get("proof"), number, "proof", names)
        yield (name, "skips"), _of(workflow, stage.get("skips_when"), number, "skips_when", names)
        yield (name, "met_by"), _of(workflow, stage.get("met_by"), number, "met_by", names)
        yield (name, "due"), _of_due(workflow, stage, number, names)


def _of(workflow: Workflow, words: Any, number: int, key: str, names: set[str]) -> set[Node]:
    """Return what a condition rests on."""
    if not isinstance(words, Mapping):
        return set()
    stage = workflow.stages[number].get("stage")
    found: set[Node] = set()
    for each in Condition(words, ("stages", number, key), key, stage).every():
        named = each.words.get("stage")
        if named in names:
            of = NEEDS.get(str(each.words.get("is")), ("proof",))
            found |= {(str(named), part) for part in of}
        for moment in (each.words.get("from"), each.words.get("to"), each.words.get("at")):
            found |= {(anchor, "proof") for anchor, _ in anchors(moment) if anchor in names}
        found |= {(stage, "proof") for stage in _shared(each.words.get("same")) if stage in names}
    # A stage that asks whether it is itself skipped or proven asks about its other parts.
    return found


def _of_due(workflow: Workflow, stage: Words, number: int, names: set[str]) -> set[Node]:
    """Return what a clock rests on; a clock from a skipped stage counts from the trigger (25)."""
    due = stage.get("due")
    rows = due if isinstance(due, tuple) else [{"to": due}]
    found: set[Node] = set()
    for row in rows:
        found |= _of(workflow, row.get("when"), number, "due", names)
        counted = {anchor for anchor, _ in anchors(row.get("to"))} & names
        found |= {(anchor, part) for anchor in counted for part in ("proof", "skips")}
    return found | _of(workflow, stage.get("pauses"), number, "pauses", names)


def _shared(same: Any) -> Iterator[str]:
    if isinstance(same, Mapping):
        yield from (str(stage) for stage in same.values())
    elif isinstance(same, tuple):
        for each in same:
            yield from _shared(each)


def _circles(needs: Mapping[Node, set[Node]]) -> Iterator[tuple[Node, ...]]:
    """Yield each circle once, from the first of its nodes in the order of the file."""
    order = list(needs)
    told: set[frozenset[Node]] = set()
    for start in order:
        path = _back(start, needs)
        if path and frozenset(path) not in told:
            told.add(frozenset(path))
            yield path


def _back(start: Node, needs: Mapping[Node, set[Node]]) -> tuple[Node, ...] | None:
    """Return the shortest way from a node back to itself; None if there is none."""
    ways: list[tuple[Node, ...]] = [(start,)]
    seen: set[Node] = set()
    while ways:
        way = ways.pop(0)
        for node in sorted(needs.get(way[-1], ())):
            if node == start:
                return way
            if node not in seen:
                seen.add(node)
                ways.append((*way, node))
    return None


def _level(node: Node, needs: Mapping[Node, set[Node]], levels: dict[Node, int]) -> int:
    if node not in levels:
        below = [_level(each, needs, levels) for each in needs.get(node, ())]
        levels[node] = 1 + max(below, default=0)
    return levels[node]


def _place(workflow: Workflow, node: Node) -> tuple[int, Place]:
    number = next(n for n, s in enumerate(workflow.stages) if s.get("stage") == node[0])
    key = {"skips": "skips_when"}.get(node[1], node[1])
    return number, ("stages", number, key)


def _called(node: Node) -> str:
    return {
        "proof": f"the proof of {node[0]}",
        "skips": f"skipping {node[0]}",
        "due": f"the clock of {node[0]}",
        "met_by": f"what keeps the clock of {node[0]}",
    }[node[1]]
