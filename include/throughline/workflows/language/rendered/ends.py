"""How a case ends early, and what holds for every case of every workflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from throughline.workflows.language.expanded import Words
from throughline.workflows.language.rendered.phrases import quoted, spaced, with_meaning
from throughline.workflows.language.rendered.sentences import condition
from throughline.workflows.language.rendered.stages import outcome
from throughline.workflows.language.rendered.times import Telling
from throughline.workflows.language.rendered.told import (
    Block,
    Table,
    Told,
    capital,
    capitalized,
    listed,
    told,
)

HEAD = ("Reason", "When", "Only until", "What follows", "Source")
WAYS = (
    "Closed: the case ended early. Excluded: it ended and does not count as missed. Void: as if it had never opened; "
    "it counts in no rate."
)
_AS = {
    "closed": "Closed.",
    "excluded": "Excluded.",
    "void": "Void.",
}
_BARS = {
    "code": "The case goes on; its codes (every code that a row of the bills names) are barred.",
    "outreach": "The case goes on; contact and booking tasks (outreach) are barred.",
}


def ends(telling: Telling) -> Iterator[Block]:
    """Yield the ends of this workflow, from top to bottom."""
    found = telling.workflow.ends
    if not found:
        yield Told("Only the standing rules below end a case early.")
        return
    yield Told("From top to bottom; the first that holds ends the case.")
    yield _table(found, telling, "The workflow's.")
    yield Told(WAYS)
    yield Told(
        "While one of these is unknown, the case does not end, but nothing new leaves the house. A completed case "
        "is excluded no more; what it bills is still judged."
    )


def _table(found: Iterable[Words], telling: Telling, source: str) -> Table:
    return Table(HEAD, tuple(_row(end, telling, source) for end in found))


def _row(end: Words, telling: Telling, source: str) -> tuple[tuple[Told, ...], ...]:
    return (
        told(_reason(str(end.get("reason")), telling)),
        (capital(condition(end.get("when"), "ends", telling)),),
        told(_until(end.get("until"), telling)),
        told(what_follows(end)),
        told(str(end.get("source", source))),
    )


def _reason(word: str, telling: Telling) -> str:
    about = telling.phrases.ends.get(word)
    return f"{about} ({spaced(word)})" if about else capitalized(spaced(word))


def what_follows(end: Words) -> str:
    """Return what an end does to the case."""
    if "bars" in end:
        return _BARS.get(str(end["bars"]), f"The case goes on; barred is {end['bars']}.")
    way = str(end.get("as", "closed"))
    return _AS.get(way, f"{way}.")


def _until(stage: Any, telling: Telling) -> str:
    if stage is None:
        return "No limit: at any stage."
    if not telling.is_stage(str(stage)):
        return f"Stage {quoted(str(stage))}; this workflow has none, so it holds at any stage."
    return f"Stage {quoted(str(stage))} is proven or skipped."


def standing(telling: Telling) -> Iterator[Block]:
    """Yield the rules that hold for every case; they are not pinned."""
    rules = telling.workflow.standing
    if not rules["blocks"] and not rules["ends"]:
        yield Told("None are in force.")
        return
    yield Told(
        "These hold for every case of every workflow. They change without a new version of this page, and are no "
        "part of its checksum."
    )
    if rules["blocks"]:
        yield Told(
            "What holds tasks back (the first that holds, by what is known; it goes before the rows of a stage):"
        )
        rows = [
            (
                told(_tasks(block.get("tasks"), telling)),
                (capital(condition(block.get("when"), "blocks", telling)),),
                (capital(Told(outcome(block, telling))),),
            )
            for block in rules["blocks"]
        ]
        yield Table(("Tasks held back", "When", "What is asked for instead"), tuple(rows))
    if rules["ends"]:
        yield Told("What ends a case, after the ends of the workflow:")
        yield _table(rules["ends"], telling, "Standing rules.")


def _tasks(tasks: Any, telling: Telling) -> str:
    if isinstance(tasks, list | tuple):
        return listed((with_meaning(str(each), telling.phrases.tasks) for each in tasks), "and")
    return "All tasks" if tasks == "all" else spaced(str(tasks))
