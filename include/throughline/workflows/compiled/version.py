"""Compiles one version of a workflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from throughline.workflows.compiled import money, stages
from throughline.workflows.compiled.conditions import PERIODS, Compiler
from throughline.workflows.compiled.facts import ValueSets
from throughline.workflows.compiled.money import PayerRule
from throughline.workflows.compiled.rows import Rows
from throughline.workflows.language.expanded import STANDARD, Words, Workflow
from throughline.workflows.language.lengths import length

CHARGES = "charges"


@dataclass(frozen=True)
class Shared:
    """What workflows share. `value_sets` are (system, code) by name, `seasons` their first and last days by name.

    `charges` is the standard fact that says what is charged; without it, that is a fact of the file of this name.
    """

    value_sets: ValueSets = field(default_factory=dict)
    seasons: Mapping[str, Iterable[tuple[date, date]]] = field(default_factory=dict)
    payer_rules: tuple[PayerRule, ...] = ()
    exceptions: Mapping[str, str] = field(default_factory=dict)
    charges: Words | None = None


def shared(rows: Rows, of: Shared) -> None:
    """Add what all versions share, once: seasons, and how long the owner of an exception has."""
    for name, periods in of.seasons.items():
        for first, last in periods:
            rows.add("season", name=name, first_day=first, last_day=last)
    for reason, by in of.exceptions.items():
        rows.add("exception", reason=reason, number=length(by).number, unit=length(by).unit)


def compiled(
    rows: Rows,
    workflow: Workflow,
    of: Shared,
    version_id: int,
    activated: datetime | None = None,
    *,
    is_for_all: bool = True,
) -> int:
    """Add the rows of a version of a workflow that the loader took, and return its highest level.

    A version that is not for all is for the persons in e_only.
    Raises `throughline.workflows.compiled.levels.Circle` where parts need each other.
    """
    facts = {**workflow.standing["facts"], **workflow.facts}
    charges = CHARGES
    if of.charges is not None:
        charges = STANDARD + CHARGES
        facts |= {charges: of.charges}
    made = Compiler(rows, version_id, workflow, facts, of.value_sets, of.seasons)
    row = rows.add(
        "version",
        version_id=version_id,
        **_opening(made),
        activated_at=activated,
        is_for_all=is_for_all,
    )
    row |= {
        "workflow": workflow.workflow,
        "version": workflow.version,
        "has_unnamed": stages.has_unnamed_line(workflow.bills),
    }
    stages.add_waits(made)
    row |= {
        "unless_id": made.condition(workflow.opens.get("unless"), "unless"),
        "population_id": made.condition(workflow.population, "population"),
    }
    stages.add(made)
    stages.add_ends(made)
    stages.add_blocks(made)
    row |= money.add(made, of.payer_rules)
    row["charges_id"] = made.named_fact(charges) if charges in facts and workflow.bills else None
    for code in workflow.own_codes:
        rows.add("own_code", version_id=version_id, code=code)
    made.placed += [(row, "due_day_level", ("due_day", 0)), (row, "bills_level", ("bills", 0))]
    for placed, column, part in made.placed:
        placed[column] = made.levels.level(part)
    return max(made.levels.level(part) for part in made.levels.needs)


def _opening(made: Compiler) -> dict[str, Any]:
    """Return the columns of a version that say what opens a case and what makes two events one."""
    opens, once = made.workflow.opens, made.workflow.once_per
    found: dict[str, Any] = {"has_wait": "wait" in opens, "once_per": once}
    if isinstance(once, Mapping):
        within = length(once["within"])
        found |= {"once_per": "within", "once_number": within.number, "once_unit": within.unit}
    if "known_within" in opens:
        known = length(opens["known_within"])
        found |= {"known_number": known.number, "known_unit": known.unit}
    each = opens.get("each")
    if isinstance(each, Mapping):
        return {
            **found, "period": PERIODS[-1], "period_days": length(each["every"]).number,
            "period_fact_id": made.named_fact(each["from"]),
        }  # fmt: skip
    if each is not None:
        return {**found, "period": each}
    after = opens["after"]
    for position, name in enumerate(after if isinstance(after, list | tuple) else [after]):
        made.rows.add(
            "trigger",
            version_id=made.version_id,
            position=position,
            named_fact_id=made.named_fact(name),
        )
    return found
