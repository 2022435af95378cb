"""What may be billed, as a decision table: rows in order, and the first that holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.workflows.language.expanded import Words, lines
from throughline.workflows.language.rendered.phrases import quoted, spaced
from throughline.workflows.language.rendered.sentences import condition, links
from throughline.workflows.language.rendered.times import Telling, moment
from throughline.workflows.language.rendered.told import (
    Block,
    Items,
    Table,
    Told,
    before,
    capital,
    number,
    told,
)

HEAD = ("Row", "Code", "When", "Added units", "Source")
_UNNAMED = {
    "ordinary": "ordinary: the visit as it is charged, without this workflow's codes",
    "as_documented": "as documented: what is charged",
    "unknown": "unknown: nothing is billed, and a person must say",
}


def bills(telling: Telling) -> Iterator[Block]:
    """Yield what may be billed, and its tables."""
    words = telling.workflow.bills
    if words is None:
        yield Told("This workflow bills nothing.")
        return
    dated = moment(words.get("dated"), telling)
    yield Told(f"The day of service is that of {dated}; before it is there, nothing is billed.")
    if "only_if" in words:
        only = condition(words["only_if"], "bills", telling)
        head = "A code of this workflow is billed only if "
        yield before(head, only) if only.parts else Told(f"{head}{only.text}.")
        yield Told("Without it, only rows with ordinary or as documented are left.")
    several = lines(words)
    for place, rows in enumerate(several, 1):
        if "lines" in words:
            yield Told(
                f"Line {place} of {len(several)} of the claim: the first row that holds is billed."
            )
        else:
            yield Told("The first row that holds is billed.")
        yield Table(HEAD, tuple(_row(n, row, telling) for n, row in enumerate(rows, 1)))
    if words.get("not_with"):
        yield Told("No code of this workflow is billed beside any of these:")
        yield Items(tuple(_beside(each, telling) for each in words["not_with"]))
    yield Told("While any of this is unknown, no claim is made.")


def _row(place: int, row: Words, telling: Telling) -> tuple[tuple[Told, ...], ...]:
    code = str(row.get("code"))
    when = told("Otherwise: this row always holds.")
    if "when" in row:
        when = (capital(condition(row["when"], "bills", telling)),)
    return (
        told(str(place)),
        told(_UNNAMED.get(code, code)),
        when,
        told(_added(row, telling)),
        told(str(row.get("source", "The workflow's."))),
    )


def _added(row: Words, telling: Telling) -> str:
    add = row.get("add")
    if not isinstance(add, Mapping):
        return "None."
    summed = _sum_of(row.get("when"))
    of = f" of the values of {quoted(summed)}" if summed else ""
    most = f", at most {number(add['at_most'])}" if "at_most" in add else ""
    each, above = number(add.get("each")), number(add.get("above"))
    return f"One unit of {add.get('code')} for each full {each} above {above}{of}{most}."


def _sum_of(words: Any) -> str | None:
    """Return the fact of the first `sum` of a condition: what `add` counts."""
    if not isinstance(words, Mapping):
        return None
    if "sum" in words:
        return str(words["sum"])
    parts = [part for key in ("all", "any", "first_of") for part in words.get(key, ())]
    return next((found for part in parts if (found := _sum_of(part))), None)


def _beside(each: Any, telling: Telling) -> Told:
    if not isinstance(each, Mapping):
        about = telling.phrases.payer_rules.get(str(each), "")
        said = (
            f": {about}"
            if about
            else ", in the table of the payers' rules as it stands on the day of service"
        )
        return Told(f"what the rule {quoted(str(each))} names{said}")
    shared = links(each.get("same"), telling)
    return Told(
        f"a case of the workflow {spaced(str(each.get('workflow')))}{' ' if shared else ''}{shared}"
    )
