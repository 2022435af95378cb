"""Windows and clocks: none ends before it begins (1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.vocabulary import Place
from throughline.workflows.language.expanded import Words, Workflow
from throughline.workflows.language.lengths import is_after, is_length, length
from throughline.workflows.language.reading import Problem
from throughline.workflows.language.walk import FROM_TRIGGER, Condition, every


def begins(condition: Condition, workflow: Workflow) -> Any:
    """Return the moment at which the window of a leaf begins; None if it is open (6)."""
    if "from" in condition.words:
        return condition.words["from"]
    if condition.decides not in FROM_TRIGGER or "at" in condition.words:
        return None
    return "trigger"


def problems(workflow: Workflow) -> Iterator[Problem]:
    """Yield windows that end before they begin, clocks that end before their window begins, lengths of no use."""
    for condition in every(workflow):
        if condition.leaf or "stage" in condition.words:
            yield from _window(condition, workflow)
    for number, stage in enumerate(workflow.stages):
        yield from _clock(stage, ("stages", number), workflow)
    yield from _positive(workflow)


def _window(condition: Condition, workflow: Workflow) -> Iterator[Problem]:
    start, end = begins(condition, workflow), condition.words.get("to")
    if start is None or end is None or not is_after(start, end):
        return
    if "from" in condition.words:
        told = f"the window begins ({said(start)}) after it ends ({said(end)}): turn them round"
        yield Problem((*condition.place, "from"), told)
    else:
        told = f"the window ends ({said(end)}) before the trigger, where it begins if `from` is left out"
        yield Problem((*condition.place, "to"), f"{told}: write `from` before it")


def _clock(stage: Words, place: Place, workflow: Workflow) -> Iterator[Problem]:
    proof, due = stage.get("proof"), stage.get("due")
    if not isinstance(proof, Mapping) or due is None:
        return
    condition = Condition(proof, (*place, "proof"), "proof", stage.get("stage"))
    rows: list[tuple[Place, Any]] = [((*place, "due"), due)]
    if isinstance(due, tuple):
        rows = [((*place, "due", n, "to"), row.get("to")) for n, row in enumerate(due)]
    for at, moment in rows:
        if moment is not None and (start := _too_late(condition, moment, workflow)) is not None:
            told = f"the clock ends ({said(moment)}) before the proof can be there ({said(start)})"
            yield Problem(at, f"{told}: every such case would be late")


def _too_late(condition: Condition, due: Any, workflow: Workflow) -> Any:
    """Return where the proof's window begins if that is surely after a clock's end, whichever way it is proven."""
    parts = list(condition.parts())
    if parts:
        found = [_too_late(part, due, workflow) for part in parts]
        if "all" in condition.words:
            return next((each for each in found if each is not None), None)
        return found[0] if all(each is not None for each in found) else None
    if condition.leaf is None:
        return None
    start = begins(condition, workflow)
    return start if start is not None and is_after(start, due) else None


def _positive(workflow: Workflow) -> Iterator[Problem]:
    """Yield lengths that must be ahead and are not."""
    opens = workflow.opens
    each = opens.get("each")
    found: list[tuple[Place, Any]] = [
        (("opens", "known_within"), opens.get("known_within")),
        (("opens", "wait"), opens.get("wait")),
        (("opens", "each", "every"), each.get("every") if isinstance(each, Mapping) else None),
    ]
    if isinstance(workflow.once_per, Mapping):
        found.append((("once_per", "within"), workflow.once_per.get("within")))
    for number, stage in enumerate(workflow.stages):
        task = stage.get("task")
        if isinstance(task, Mapping):
            found.append((("stages", number, "task", "every"), task.get("every")))
        yield from _escalations(stage, ("stages", number))
    for place, text in found:
        if isinstance(text, str) and _number(text) <= 0:
            yield Problem(place, f"{text!r} is not ahead: write a length above 0")
    run = each.get("every") if isinstance(each, Mapping) else None
    if isinstance(run, str) and is_length(run) and length(run).unit != "days":
        told = f"{run!r}: runs are counted in days: write `30 days`, or open for each month"
        yield Problem(("opens", "each", "every"), told)


def _number(text: str) -> int:
    """Return how many; what is no length is told elsewhere."""
    return length(text).number if is_length(text) else 1


def _escalations(stage: Words, place: Place) -> Iterator[Problem]:
    rows = stage.get("escalate")
    last: int | None = None
    for number, row in enumerate(rows if isinstance(rows, tuple) else ()):
        text = row.get("at")
        if not isinstance(text, str) or not is_length(text):
            continue
        days = length(text).days[1]
        if last is not None and days < last:
            told = "this step comes before the one above it: put them in order of time"
            yield Problem((*place, "escalate", number, "at"), told)
        last = days
    if rows and stage.get("due") is None:
        yield Problem((*place, "escalate"), "the stage has no due from which `at` could count")


def said(moment: Any) -> str:
    """Return a moment in a few words, for a message."""
    if isinstance(moment, str):
        return moment
    if "soonest" in moment:
        return "the soonest of " + ", ".join(said(each) for each in moment["soonest"])
    return ", ".join(f"{anchor} {by}" for anchor, by in moment.items())
