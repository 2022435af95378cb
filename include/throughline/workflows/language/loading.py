"""Loads a workflow: reads it, checks it whole, expands it. Every problem of a file is told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throughline.vocabulary import DefinitionError, Document, Place
from throughline.workflows.language import checks, structure
from throughline.workflows.language.expanded import Words, Workflow, expand
from throughline.workflows.language.known import Known
from throughline.workflows.language.reading import Problem, read


@dataclass(frozen=True)
class Loaded:
    """What a file says as far as it can be read, and what is wrong with it, one problem a line in its order."""

    workflow: Workflow
    document: Document
    problems: tuple[str, ...]


def load(path: Path, known: Known, others: Iterable[Workflow] = ()) -> Workflow:
    """Return the workflow of a file. Raises `DefinitionError` with every problem, one a line, in the file's order.

    `others` are the workflows beside it: a case of theirs may be named.
    """
    loaded = examine(path, known, others)
    if loaded.problems:
        raise DefinitionError("\n".join(loaded.problems))
    return loaded.workflow


def examine_shared(path: Path, known: Known, schema: str) -> tuple[Words, list[str]]:
    """Return what the standard stages, or the standing rules, say, and what is wrong with them. Raises nothing.

    `schema` is `structure.STANDARD_STAGES` or `STANDING_RULES`. The names in them are checked in each workflow that
    takes them over, and those of their own facts here.
    """
    document, found = read(path)
    if document.data is not None:
        found += structure.problems(document, known.vocabulary, schema)
    left = structure.pruned(document.data, [each.place for each in found if each.is_unreadable])
    facts = left.get("facts") or {}
    rows = [*(left.get("blocks") or ()), *(left.get("ends") or ()), *(left.get("stages") or ())]
    alone = expand({"facts": facts, "ends": [row for row in rows if isinstance(row, dict)]})
    found += checks.of_facts(alone, left, known)
    return left, in_order(document, found)


def examine(path: Path, known: Known, others: Iterable[Workflow] = ()) -> Loaded:
    """Return what a file says and everything that is wrong with it. Raises nothing."""
    return of_document(*read(path), known, others)


def of_document(
    document: Document, wrong: list[Problem], known: Known, others: Iterable[Workflow] = ()
) -> Loaded:
    """Return the workflow that a document says; `wrong` is what was wrong with its YAML.

    What is wrong in its place is left out, and what remains is checked further.
    """
    found = list(wrong)
    unread = document.data is None
    if not unread:
        unread_at = {place for each in found for place in each.hides}
        found += [
            each
            for each in structure.problems(document, known.vocabulary)
            if not _follows(each.place, unread_at)
        ]
    left = structure.pruned(document.data, [each.place for each in found if each.is_unreadable])
    workflow = expand(
        left,
        known.library,
        known.standing,
        {name: checksum for name, (checksum, _) in known.value_sets.items()},
        known.seasons,
    )
    if not unread:
        hidden = {place for each in found for place in each.hides}
        written = document.data if isinstance(document.data, dict) else {}
        more = [*checks.problems(workflow, written, known, others), *_needed(workflow)]
        found += [each for each in more if not _follows(each.place, hidden)]
    return Loaded(workflow, document, tuple(in_order(document, found)))


def _follows(place: Place, hidden: set[Place]) -> bool:
    """Tell whether a problem follows from another one, at its place or above it."""
    return any(place[:n] in hidden for n in range(1, len(place) + 1))


def _needed(workflow: Workflow) -> Iterable[Problem]:
    """Yield stages without what whoever works on them, or audits them, must be able to read."""
    for number, stage in enumerate(workflow.stages):
        if not stage:
            continue
        name = stage.get("stage", "this stage")
        if "source" not in stage:
            yield Problem(
                ("stages", number, "source"), f"{name} has no source: write who says so, and where"
            )
        if "task" in stage and "runbook" not in stage:
            yield Problem(
                ("stages", number, "runbook"),
                f"{name} has no runbook: write what to do, in a sentence",
            )
        if "due" not in stage and _waits_for_late(workflow, stage.get("stage")):
            told = f"{name} has no due, and something asks whether it is late or in time"
            yield Problem(("stages", number, "due"), told)


def _waits_for_late(workflow: Workflow, name: Any) -> bool:
    from throughline.workflows.language.walk import every

    return any(
        each.words.get("stage") == name and each.words.get("is") in ("late", "in_time")
        for each in every(workflow)
    )


def in_order(document: Document, problems: Iterable[Problem]) -> list[str]:
    """Return problems as `file:line: place: what is wrong`, each once, in the order of the file."""
    told: dict[str, int] = {}
    for each in problems:
        line = each.line or _line(document, each.place)
        where = document.at(each.place)
        if each.line is not None:
            steps = where.partition(": ")[2]
            where = f"{document.name}:{each.line}: {steps}"
        told.setdefault(f"{where}: {each.text}", line)
    return sorted(told, key=lambda text: (told[text], text))


def _line(document: Document, place: Place) -> int:
    known = (document.lines.get(place[:n]) for n in range(len(place), -1, -1))
    return next((line for line in known if line is not None), 0)
