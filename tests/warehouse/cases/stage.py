"""Plays all scenarios in one night, and says how each of them stands."""

from __future__ import annotations

import random
from typing import Any

from clinic import Clinic
from scenarios import ALL, TODAY, Scenario, back

WEEK_BEFORE = back(7)


def play(clinic: Clinic, shuffle: random.Random | None = None) -> None:
    """Load what the sources hold of every scenario and run the night of TODAY."""
    clinic.know(*(s.before for s in ALL))
    clinic.night(WEEK_BEFORE)
    clinic.know(*(s.records for s in ALL))
    if shuffle is not None:
        shuffle.shuffle(clinic.pending)
    clinic.begin(TODAY)
    for number, scenario in enumerate(ALL):
        for trigger, stage, kind, attempt, status, due in scenario.tasks:
            person = f"s{number:03d}"
            clinic.task(person, scenario.workflow, trigger, stage, kind, planned=1, due=due,
                        attempt=attempt, status=status, closed=1)
    clinic.derive()


def outcome(clinic: Clinic, number: int, scenario: Scenario) -> dict[str, Any] | None:
    """Return the expected attributes as they are; the other ones of a case that should not be."""
    found = clinic.cases_of(f"s{number:03d}", scenario.workflow)
    if not found:
        return None
    case = found[-1]
    if scenario.expected is None:
        return {"status": case.status, "reason": case.reason, "stage": case.stage}
    return {name: getattr(case, name) for name in scenario.expected}
