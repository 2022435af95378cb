"""Every condition and moment of a definition, with its place and what it decides there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from throughline.vocabulary import Place
from throughline.workflows.language.expanded import LEAVES, Words, Workflow, lines

NESTED = ("all", "any", "first_of", "not")
FROM_TRIGGER = frozenset({"proof", "met_by", "skips_when", "otherwise", "due", "pauses"})
"""Where a condition without `from` begins at the trigger, or at the period's start (6)."""


@dataclass(frozen=True)
class Condition:
    """A condition, where it stands, and what it decides there.

    `decides` is `unless`, `wait`, `population`, `proof`, `due`, `met_by`, `pauses`, `skips_when`, `otherwise`, `bills`
    (`only_if` and the rows' `when`) or `ends`. `stage` is the stage that it belongs to.
    """

    words: Words
    place: Place
    decides: str
    stage: str | None = None

    @property
    def leaf(self) -> str | None:
        """Return the key that names its fact; None if it is none of those."""
        return next((key for key in LEAVES if key in self.words), None)

    @property
    def fact(self) -> str | None:
        """Return the fact that it names; None if it names none."""
        named = self.words.get(self.leaf) if self.leaf else None
        return named if isinstance(named, str) else None

    def parts(self) -> Iterator[Condition]:
        """Yield the conditions directly below `all`, `any`, `first_of` and `not`."""
        for key in NESTED:
            inner = self.words.get(key)
            if isinstance(inner, Mapping):
                yield self._below(inner, (key,))
            elif isinstance(inner, list | tuple):
                for number, each in enumerate(inner):
                    if isinstance(each, Mapping):
                        yield self._below(each, (key, number))

    def every(self) -> Iterator[Condition]:
        """Yield it and every condition below it."""
        yield self
        for part in self.parts():
            yield from part.every()

    def _below(self, words: Words, steps: Place) -> Condition:
        return Condition(words, (*self.place, *steps), self.decides, self.stage)


@dataclass(frozen=True)
class Moment:
    """A moment (or a row's moment) and where it stands; `key` is `due`, `from`, `wait`, `by`, `dated` or the like."""

    words: Any
    place: Place
    key: str
    stage: str | None = None

    def anchors(self) -> Iterator[tuple[str, str | None]]:
        """Yield (anchor, length); the length is None for the anchor itself. `soonest` yields each of its own."""
        yield from anchors(self.words)


def anchors(moment: Any) -> Iterator[tuple[str, str | None]]:
    """Yield (anchor, length) of a moment; the length is None for the anchor itself."""
    if isinstance(moment, str):
        yield moment, None
    elif isinstance(moment, Mapping):
        for anchor, length in moment.items():
            if anchor == "soonest" and isinstance(length, list | tuple):
                for each in length:
                    yield from anchors(each)
            elif anchor != "soonest":
                yield anchor, length if isinstance(length, str) else None


def conditions(workflow: Workflow) -> Iterator[Condition]:
    """Yield every condition of a workflow that stands by itself, in the order of the file."""
    yield from _of_openings(workflow)
    for number, stage in enumerate(workflow.stages):
        yield from _of_stage(stage, ("stages", number))
    yield from _of_bills(workflow)
    yield from _when(workflow.ends, ("ends",), "ends", None)


def every(workflow: Workflow) -> Iterator[Condition]:
    """Yield every condition of a workflow, with those below `all`, `any`, `first_of` and `not`."""
    for condition in conditions(workflow):
        yield from condition.every()


def moments(workflow: Workflow) -> Iterator[Moment]:
    """Yield every moment of a workflow, in conditions too."""
    for number, stage in enumerate(workflow.stages):
        yield from _of_clocks(stage, ("stages", number))
    dated = (workflow.bills or {}).get("dated")
    if dated is not None:
        yield Moment(dated, ("bills", "dated"), "dated")
    for condition in every(workflow):
        for key in ("from", "to", "at"):
            if key in condition.words:
                yield Moment(condition.words[key], (*condition.place, key), key, condition.stage)
        at = (
            condition.words["age"].get("at")
            if isinstance(condition.words.get("age"), Mapping)
            else None
        )
        if at is not None:
            yield Moment(at, (*condition.place, "age", "at"), "at", condition.stage)


def _of_openings(workflow: Workflow) -> Iterator[Condition]:
    for number, row in _rows(workflow.opens.get("wait")):
        yield from _one(row.get("when"), ("opens", "wait", number, "when"), "wait", None)
    yield from _one(workflow.opens.get("unless"), ("opens", "unless"), "unless", None)
    yield from _one(workflow.population, ("population",), "population", None)


def _of_stage(stage: Words, place: Place) -> Iterator[Condition]:
    name = stage.get("stage")
    yield from _one(stage.get("proof"), (*place, "proof"), "proof", name)
    yield from _when(stage.get("due"), (*place, "due"), "due", name)
    for key in ("met_by", "pauses", "skips_when"):
        yield from _one(stage.get(key), (*place, key), key, name)
    yield from _when(stage.get("otherwise"), (*place, "otherwise"), "otherwise", name)


def _of_bills(workflow: Workflow) -> Iterator[Condition]:
    bills = workflow.bills or {}
    yield from _one(bills.get("only_if"), ("bills", "only_if"), "bills", None)
    several = "lines" in bills
    for number, rows in enumerate(lines(workflow.bills)):
        place: Place = ("bills", "lines", number, "first_of") if several else ("bills", "first_of")
        yield from _when(rows, place, "bills", None)


def _of_clocks(stage: Words, place: Place) -> Iterator[Moment]:
    name = stage.get("stage")
    due = stage.get("due")
    rows = list(_rows(due))
    for number, row in rows:
        if "to" in row:
            yield Moment(row["to"], (*place, "due", number, "to"), "due", name)
    if due is not None and not rows:
        yield Moment(due, (*place, "due"), "due", name)
    for number, row in _rows(stage.get("otherwise")):
        if "wait" in row:
            yield Moment(row["wait"], (*place, "otherwise", number, "wait"), "wait", name)
    task = stage.get("task")
    for key in ("from", "by"):
        if isinstance(task, Mapping) and key in task:
            yield Moment(task[key], (*place, "task", key), key, name)


def _one(words: Any, place: Place, decides: str, stage: str | None) -> Iterator[Condition]:
    if isinstance(words, Mapping):
        yield Condition(words, place, decides, stage)


def _when(rows: Any, place: Place, decides: str, stage: str | None) -> Iterator[Condition]:
    for number, row in _rows(rows):
        yield from _one(row.get("when"), (*place, number, "when"), decides, stage)


def _rows(words: Any) -> Iterable[tuple[int, Words]]:
    if isinstance(words, list | tuple):
        yield from ((n, row) for n, row in enumerate(words) if isinstance(row, Mapping))
