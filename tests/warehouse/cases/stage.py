"""Runs all scenarios on one morning, and returns the result of each."""

from __future__ import annotations

import random
from typing import Any

from tests.warehouse.cases.scenarios import ALL, TODAY, back
from tests.warehouse.clinic import Clinic
from throughline import cases, evidence, identity
from throughline.warehouse import derive

WEEK_BEFORE = back(7)
Outcome = dict[str, Any] | None


def prepare(clinic: Clinic, shuffle: random.Random | None = None) -> None:
    """Load every scenario's records, up to the facts of the night of TODAY."""
    clinic.know(*(s.before for s in ALL))
    clinic.night(WEEK_BEFORE)
    clinic.know(*(s.records for s in ALL))
    if shuffle is not None:
        shuffle.shuffle(clinic.pending)
    clinic.begin(TODAY)
    lay_tasks(clinic)
    identity.link_persons(clinic.conn, clinic.seq)
    evidence.assert_facts(clinic.conn, clinic.seq)
    cases.build_work_list(clinic.conn, clinic.seq, clinic.cut_off)


def lay_tasks(clinic: Clinic) -> None:
    """Put the tasks of the scenarios into the log, as an earlier night planned them."""
    for number, scenario in enumerate(ALL):
        for trigger, stage, kind, attempt, status, due in scenario.tasks:
            clinic.task(
                f"s{number:03d}",
                scenario.workflow,
                trigger,
                stage,
                kind,
                planned=1,
                due=due,
                attempt=attempt,
                status=status,
                closed=1,
            )


def play(clinic: Clinic, shuffle: random.Random | None = None) -> None:
    """Load every scenario's records and run the night of TODAY."""
    prepare(clinic, shuffle)
    clinic.derive()


def outcomes(clinic: Clinic) -> list[Outcome]:
    """Return, for each scenario, the actual values of the expected attributes.

    None if there is no case; the case's state if there should be none.
    """
    newest = {(person, workflow): case for person, workflow, case in clinic.all_cases()}
    found: list[Outcome] = []
    for number, scenario in enumerate(ALL):
        case = newest.get((derive("person", "mrn", f"MRN-s{number:03d}"), scenario.workflow))
        if case is None:
            found.append(None)
        elif scenario.expected is None:
            found.append({"status": case.status, "reason": case.reason, "stage": case.stage})
        else:
            found.append({name: case.get(name) for name in scenario.expected})
    return found
