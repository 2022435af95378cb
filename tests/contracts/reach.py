"""Who reads whom: a step reads its own tables, its neighbour's, and what the steps before it publish.

Exceptions are listed with their reason in `FURTHER` (for writes, `WRITES_FURTHER`). The lists may only shrink: the
test fails for an entry that no file needs, and for a read or write that is not listed.
"""

from __future__ import annotations

from collections.abc import Iterable

NEIGHBOURS: dict[str, set[str]] = {
    "identity": {"core", "identity"},
    "evidence": {"core", "evidence"},
    "cases": {"evidence", "cases"},
    "tasks": {"cases", "tasks"},
}
"""By folder of `sql/`: the schemas whose tables it may read.

All steps may also read `operations`: nights, decisions and exceptions belong to no step. `silence`, `proven` and `told`
read everything, which is their purpose.
"""

PUBLISHED: dict[str, str] = {
    "identity.person": "the persons that there are",
    "identity.link": "whose record a record is, which every step asks: no fact, case or claim repeats it",
    "identity.patient_record": "patients as the systems know them",
    "evidence.practitioner": "who may bill a visit, and under which number",
    "evidence.coverage": "the member as the payer knows them",
    "evidence.visit": "where a visit was, and who bills it",
    "evidence.billing_provider": "who bills",
    "evidence.service_location": "the place of service",
    "evidence.code_not_known": "whose refusal of contact may stand behind a code that nobody has mapped",
    "evidence.possible_stay": "who may be in a facility, by an encounter that nobody has mapped",
}
"""What a step publishes for all later steps, and for what purpose."""

FURTHER: dict[tuple[str, str], str] = {
    ("cases", "tasks.answer"): "an answer ends a task, and what was tried is an input of the state",
    ("cases", "tasks.claim"): "whose visit a claim of ours is of was said when it was made",
    ("cases", "tasks.task"): "what was tried is an input of the state",
    ("cases", "tasks.transmission"): "what was refused or withheld is an input of the state",
    ("cases", "tasks.transmission_task"): "which tasks were served by what was refused or withheld",
    ("tasks", "evidence.fact"): "what forbids a contact or a claim is asked again when it is sent",
}
"""By folder and table: why a step reads past its neighbour."""

WRITES_FURTHER: dict[tuple[str, str], str] = {
    (
        "cases",
        "tasks.task",
    ): "the work under an exception is put on hold with the case, in one transaction",
}
"""By folder and table: why a step writes a table of another."""


def further(step: str, reads: Iterable[str]) -> set[tuple[str, str]]:
    """Return what steps read beyond their neighbour, by step and table."""
    allowed = NEIGHBOURS.get(step)
    if allowed is None:
        return set()
    return {
        (step, name)
        for name in reads
        if "." in name
        and name not in PUBLISHED
        and name.partition(".")[0] not in allowed | {"operations"}
    }


def writes_further(step: str, changes: Iterable[str]) -> set[tuple[str, str]]:
    """Return what a step writes of another, by step and table."""
    if step not in NEIGHBOURS:
        return set()
    return {
        (step, name)
        for name in changes
        if "." in name and name.partition(".")[0] not in {step, "operations"}
    }
