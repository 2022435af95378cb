"""The rules at their boundaries: one patient each, all of them on one morning.

TODAY is Tuesday 2026-07-07; Friday 3 July is Independence Day observed, Friday 19 June Juneteenth.
A scenario is what the sources hold of a patient, and how the case stands on the next morning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from tests.warehouse.clinic import Record

TODAY = "2026-07-07"
TCM, AWV, CHARGE = "transitional_care", "annual_wellness", "charge_capture"
NONE = "none"


@dataclass(frozen=True)
class Scenario:
    """`expected` names the attributes of the case that are compared; None: there is no case."""

    name: str
    workflow: str
    records: list[Record]
    expected: dict[str, Any] | None
    # (trigger, stage, kind, attempt, status, due): tasks that an earlier night planned
    tasks: list[tuple[str, str, str, int, str, str]] = field(default_factory=list)
    # what was known a week before, by a night of its own
    before: list[Record] = field(default_factory=list)


ALL: list[Scenario] = []


def add(
    name: str,
    workflow: str,
    records: Iterable[Record | list[Record]],
    expected: dict[str, Any] | None,
    tasks: list[Any] | None = None,
    before: Iterable[Record] = (),
) -> None:
    flat = [r for one in records for r in ([one] if isinstance(one, Record) else one)]
    older = [replace(r, version=r.version.replace("2026", "2025", 1)) for r in before]
    ALL.append(Scenario(name, workflow, flat, expected, tasks or [], older))


def who() -> str:
    """Return the patient of the next scenario."""
    return f"s{len(ALL):03d}"


def back(days: int) -> str:
    """Return the day that many days before TODAY."""
    return str(date.fromisoformat(TODAY) - timedelta(days=days))
