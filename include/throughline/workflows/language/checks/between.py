"""What two workflows cannot both say, and conditions about other cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from throughline.vocabulary import Place
from throughline.workflows.language.checks.names import not_known
from throughline.workflows.language.expanded import Workflow
from throughline.workflows.language.reading import Problem
from throughline.workflows.language.walk import every


def problems(workflow: Workflow, others: Iterable[Workflow]) -> Iterator[Problem]:
    """Yield cases of workflows that there are not, and of those that exclude this one in turn."""
    by_name = {other.workflow: other for other in others if other.workflow != workflow.workflow}
    names = {workflow.workflow, *by_name}
    for place, name, excludes in _named(workflow):
        if name not in names:
            if place[0] in ("facts", "bills"):  # what excludes it names it by its fact
                yield Problem(place, not_known(name, "workflow", names))
        elif excludes and name in by_name:
            back = [one for _, one, ends in _named(by_name[name]) if ends]
            if workflow.workflow in back:
                told = f"{name} excludes {workflow.workflow} in turn: a person in both would be in neither"
                yield Problem(place, f"{told}; let one of them exclude the other")


def _named(workflow: Workflow) -> Iterator[tuple[Place, str, bool]]:
    """Yield (place, workflow, whether it excludes) for each workflow that one names."""
    of_cases: dict[str, list[str]] = {}
    for name, fact in workflow.facts.items():
        if fact.get("kind") != "case":
            continue
        codes = fact.get("codes")
        of_cases[name] = [str(code) for code in codes] if isinstance(codes, tuple) else []
        for number, code in enumerate(of_cases[name]):
            yield ("facts", name, "codes", number), code, False
    for number, row in enumerate((workflow.bills or {}).get("not_with") or ()):
        if isinstance(row, Mapping) and "workflow" in row:
            yield ("bills", "not_with", number, "workflow"), str(row["workflow"]), True
    for condition in every(workflow):
        is_exclusion = condition.decides in ("ends", "unless") and condition.leaf in (
            "exists", "count", "latest",
        )  # fmt: skip
        is_absence = condition.decides in ("population",) and condition.leaf == "none"
        if is_exclusion or is_absence:
            for name in of_cases.get(condition.fact or "", ()):
                yield condition.place, name, True
