"""Bills and ends: no row is hidden by one before it, and none is billed twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.vocabulary import Place
from throughline.workflows.language.checks.implied import implies
from throughline.workflows.language.checks.names import not_known
from throughline.workflows.language.expanded import NO_CODE, Words, Workflow, lines
from throughline.workflows.language.known import Known
from throughline.workflows.language.reading import Problem
from throughline.workflows.language.walk import Condition, anchors


def problems(workflow: Workflow, known: Known) -> Iterator[Problem]:
    """Yield rows of bills, of clocks and of `otherwise`, and ends, that can never come into force."""
    yield from _bills(workflow, known)
    yield from _ends(workflow)
    for number, stage in enumerate(workflow.stages):
        yield from _rows(workflow, stage.get("due"), ("stages", number, "due"), "due")
        yield from _rows(
            workflow, stage.get("otherwise"), ("stages", number, "otherwise"), "otherwise"
        )
        yield from _otherwise(stage, ("stages", number, "otherwise"))
    yield from _rows(workflow, workflow.opens.get("wait"), ("opens", "wait"), "wait")


def _otherwise(stage: Words, place: Place) -> Iterator[Problem]:
    rows = stage.get("otherwise")
    for number, row in enumerate(rows if isinstance(rows, tuple) else ()):
        asked = [key for key in ("exception", "close", "wait") if key in row]
        if not asked and row:
            yield Problem((*place, number), "nothing follows: write exception, close or wait")
        elif "close" in asked and len(asked) > 1:
            told = f"close and {' and '.join(key for key in asked if key != 'close')}: write one of them"
            yield Problem((*place, number), told)


def _bills(workflow: Workflow, known: Known) -> Iterator[Problem]:
    bills = workflow.bills
    if bills is None:
        return
    several = "lines" in bills
    of_line: dict[str, int] = {}
    for number, rows in enumerate(lines(bills)):
        place: Place = ("bills", "lines", number, "first_of") if several else ("bills", "first_of")
        if not _falls_through(workflow):
            yield from _rows(workflow, rows, place, "bills")
        for at, row in enumerate(rows):
            yield from _row(row, (*place, at), len(rows) == at + 1)
            code = row.get("code")
            if (
                isinstance(code, str)
                and code not in NO_CODE
                and of_line.setdefault(code, number) != number
            ):
                told = f"{code} stands on two lines, and would be billed twice"
                yield Problem((*place, at, "code"), f"{told}: put both rows below one first_of")
    for number, row in enumerate(bills.get("not_with") or ()):
        if isinstance(row, str) and row not in known.payer_rules:
            told = not_known(row, "row of the payers' rules", known.payer_rules)
            yield Problem(("bills", "not_with", number), told)
        elif isinstance(row, Mapping) and row.get("workflow") == workflow.workflow:
            told = "a workflow cannot exclude itself: write once_per"
            yield Problem(("bills", "not_with", number), told)


def _falls_through(workflow: Workflow) -> bool:
    """Tell whether a row that holds may be left out, so that the next one counts: by `not_with`, or a barred code."""
    bars = any(end.get("bars") == "code" for end in workflow.ends)
    return bars or bool((workflow.bills or {}).get("not_with"))


def _row(row: Words, place: Place, is_last: bool) -> Iterator[Problem]:
    code = row.get("code")
    if code in NO_CODE and not is_last:
        told = f"{code} stands before other rows: it is the last row of its line"
        yield Problem((*place, "code"), told)
    if "add" in row and not _sums(row.get("when")):
        told = "added units need a sum: write {sum: fact, at_least: …} in `when`"
        yield Problem((*place, "add"), told)
    if "add" in row and code in NO_CODE:
        yield Problem((*place, "add"), f"{code} names no code to which units could be added")


def _sums(words: Any) -> bool:
    """Tell whether a condition has a sum that must hold."""
    if not isinstance(words, Mapping):
        return False
    condition = Condition(words, (), "bills")
    return any("sum" in each.words for each in condition.every())


def _rows(workflow: Workflow, rows: Any, place: Place, decides: str) -> Iterator[Problem]:
    """Yield rows, of which the first that holds counts, that one before them hides."""
    earlier: list[tuple[int, Condition | None]] = []
    for number, row in enumerate(rows if isinstance(rows, tuple) else ()):
        if not row:
            continue
        when = row.get("when")
        here = (
            Condition(when, (*place, number, "when"), decides)
            if isinstance(when, Mapping)
            else None
        )
        for first, hides in earlier:
            if hides is None:
                told = f"row {first + 1} always holds: this one is never reached; write its `when`"
                yield Problem((*place, number), told)
                break
            if here is not None and here.words and implies(workflow, here, hides):
                told = f"row {first + 1} holds whenever this one does: put this one before it"
                yield Problem((*place, number), told)
                break
        # a last row before others is told by itself
        if row.get("code") not in NO_CODE and _is_there(workflow, row, decides):
            earlier.append((number, here))


def _is_there(workflow: Workflow, row: Words, decides: str) -> bool:
    """Tell whether a row counts whenever it holds: one of a clock only if its moment surely exists (25)."""
    if decides != "due":
        return True
    unsure = {stage.get("stage") for stage in workflow.stages} | set(workflow.facts)
    return any(anchor not in unsure for anchor, _ in anchors(row.get("to")))


def _ends(workflow: Workflow) -> Iterator[Problem]:
    """Yield ends that an earlier one always hides. An end that only bars something hides none."""
    earlier: list[tuple[Words, Condition]] = []
    for number, end in enumerate(workflow.ends):
        when = end.get("when")
        if "as" in end and "bars" in end:
            told = "the case goes on if something is barred: write `as` or `bars`"
            yield Problem(("ends", number, "as"), told)
        if not isinstance(when, Mapping) or not when:
            continue
        here = Condition(when, ("ends", number, "when"), "ends")
        for before, hides in earlier:
            covers = "until" not in before or before["until"] == end.get("until")
            if covers and implies(workflow, here, hides):
                told = (
                    f"{before.get('reason')} above it holds whenever this does, and ends the case"
                )
                yield Problem(("ends", number), f"{told}: put this one before it, or remove it")
                break
        if "bars" not in end:
            earlier.append((end, here))
