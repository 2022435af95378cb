"""Reads and validates `include/definitions/workflows/*.yaml`: an incomplete definition never runs.

`include/definitions/schemas/workflow.json` checks the structure and `throughline.vocabulary` the words; this module
checks what depends on more than one place in a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throughline.vocabulary import (
    DEFINITIONS,
    DefinitionError,
    Place,
    Vocabulary,
    load,
    nearest,
    vocabulary,
)

# The proofs that must come before each proof.
COMES_AFTER = {"note": "visit", "settlement": "claim"}
# The kind of task that moves a stage, by its proof. Settlement has none: no task can bring the money.
TASK_OF = {
    "eligibility": "eligibility",
    "contact": "outreach",
    "booking": "scheduling",
    "visit": "review",
    "note": "documentation",
    "claim": "billing",
}
# The roles of the systems that take each kind of task; a review is not sent anywhere.
ROLES_OF: dict[str | None, set[str]] = {
    "eligibility": {"payer"},
    "outreach": {"outreach"},
    "scheduling": {"schedule"},
    "documentation": {"documentation"},
    "billing": {"billing", "payer"},
}
# Keys that are required in addition to the schema's.
NEEDED_BY_PROOF: dict[str, tuple[str, ...]] = {
    "eligibility": ("window",),
    "contact": ("window",),
    "booking": ("window",),
    "visit": ("window",),
    "note": ("note_types",),
}
NEEDED_BY_TRIGGER: dict[str, tuple[str, ...]] = {
    "fact": ("codes", "facility_classes", "known_within_days"),
    "due": ("codes", "counts", "months_between", "first_year_months"),
    "unbilled": ("lag_business_days", "known_within_days", "note_types"),
}
NEEDED_BY_EXCLUSION: dict[str, tuple[str, ...]] = {
    "death_within": ("days",),
    "admission_within": ("days",),
    "earlier_case_within": ("days",),
    "other_claim": ("days", "codes"),
}
# Keys that apply only to some proofs and have no effect on others.
SAID_OF_PROOF: dict[str, tuple[str, ...]] = {
    "window": ("eligibility", "contact", "booking", "visit"),
    "attempts_meet_clock": ("contact",),
    "visit_types": ("booking", "visit"),
    "not_visit_types": ("booking",),
    "charge_codes": ("visit",),
    "note_types": ("note",),
    "needs": ("note",),
    "codes": ("claim",),
    "pays": ("claim",),
}
SAID_OF_TASK: dict[str, tuple[str, ...]] = {
    "visit_type": ("scheduling",),
    "aim_days": ("scheduling",),
}


@dataclass(frozen=True)
class Workflow:
    """One version of a workflow: `definition` is the file's content, `sha256` the hash of its canonical JSON."""

    workflow: str
    version: int
    status: str
    definition: dict[str, Any]
    sha256: str


def load_file(path: Path, words: Vocabulary | None = None) -> Workflow:
    """Return the workflow of one file. Raises `DefinitionError`.

    `words` defaults to the vocabulary of the definitions folder around the file's folder.
    """
    document = load(path, "workflow", words or vocabulary(path.parent.parent))
    raw = document.data
    found = [f"{document.at(place)}: {problem}" for place, problem in _problems(raw)]
    if found:
        raise DefinitionError("\n".join(found))
    # The hash covers the content only; the status may change without a new version.
    said = {key: value for key, value in raw.items() if key != "status"}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return Workflow(
        raw["workflow"],
        raw["version"],
        raw["status"],
        raw,
        hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _problems(raw: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """Yield (place, problem) for what the schema cannot find: missing keys, and keys without effect."""
    trigger = raw["trigger"]
    begins = next(kind for kind in NEEDED_BY_TRIGGER if kind in trigger)
    needed = NEEDED_BY_TRIGGER[begins]
    for name in needed:
        if not trigger.get(name) and trigger.get(name) != 0:
            yield ("trigger",), f"{begins} needs {name}"
    for name in trigger:
        if name not in (begins, "source", *needed):
            yield ("trigger", name), f"{name} has no effect where {begins} opens the case"
    codes = trigger.get("codes")
    if begins == "due" and (
        not isinstance(codes, dict) or set(codes) != {"first_year", "first", "next"}
    ):
        yield ("trigger",), "codes must be first_year, first and next"
    if begins == "fact" and isinstance(codes, dict):
        yield ("trigger", "codes"), "codes must be a list of dispositions"
    if begins != "due" and "calendar_year_payer_classes" in raw["population"]:
        yield (
            ("population", "calendar_year_payer_classes"),
            f"has no effect where {begins} opens the case",
        )
    for number, exclusion in enumerate(raw["exclusions"]):
        needed = NEEDED_BY_EXCLUSION.get(exclusion["when"], ())
        for name in needed:
            if name not in exclusion:
                yield ("exclusions", number), f"{exclusion['when']} needs {name}"
        for name in exclusion:
            if name not in ("reason", "when", "source", *needed):
                yield ("exclusions", number, name), f"has no effect on {exclusion['when']}"
    stages: list[dict[str, Any]] = []
    for number, stage in enumerate(raw["stages"]):
        for place, problem in _stage_problems(stage, begins, stages):
            yield ("stages", number, *place), problem
        stages.append(stage)


def _stage_problems(
    stage: dict[str, Any], begins: str, before: list[dict[str, Any]]
) -> Iterator[tuple[Place, str]]:
    """Yield (place within the stage, problem) for a stage, given the stages before it."""
    proof = stage["proof"]
    seen = [each["stage"] for each in before]
    proofs = [each["proof"] for each in before]
    if stage["stage"] in seen:
        yield ("stage",), "this stage appears twice"
    if proof in proofs:
        yield ("proof",), f"another stage already has the proof {proof}"
    start = stage["clock"]["from"]
    if start not in ("trigger", "opened", *seen):
        near = nearest(start, ("trigger", "opened", *seen))
        yield (
            ("clock", "from"),
            f"its clock must start at an earlier stage: the nearest is {near!r}",
        )
    needed = "visit" if proof == "claim" and begins != "unbilled" else COMES_AFTER.get(proof)
    if needed and needed not in proofs:
        yield (), f"{proof} needs a {needed} before it"
    for name in NEEDED_BY_PROOF.get(proof, ()):
        if not stage.get(name):
            yield (), f"{proof} needs {name}"
    for name, may in SAID_OF_PROOF.items():
        if name in stage and proof not in may:
            yield (name,), f"{name} has no effect on a stage that is proven by {proof}"
    if proof == "claim" and "codes" not in stage and "pays" not in stage:
        yield (), "claim needs codes or pays"
    task = stage.get("task")
    if proof not in TASK_OF and task is not None:
        yield ("task",), f"no task can bring a {proof}"
    if proof in TASK_OF and (task is None or task["kind"] != TASK_OF[proof]):
        yield (
            () if task is None else ("task",),
            f"{proof} needs a task of kind {TASK_OF[proof]}",
        )
    if task is not None:
        for name, may in SAID_OF_TASK.items():
            if name in task and task["kind"] not in may:
                yield ("task", name), f"{name} has no effect on a task of kind {task['kind']}"
            if name not in task and task["kind"] in may:
                yield ("task",), f"a task of kind {task['kind']} needs {name}"


def load_all(definitions: Path = DEFINITIONS) -> list[Workflow]:
    """Return all workflows by name. Raises `DefinitionError`, also if two files conflict."""
    words = vocabulary(definitions)
    found = [load_file(path, words) for path in sorted((definitions / "workflows").glob("*.yaml"))]
    keys = [(w.workflow, w.version) for w in found]
    if len(set(keys)) != len(keys):
        raise DefinitionError("two files define one version of a workflow")
    active = [w.workflow for w in found if w.status == "active"]
    if len(set(active)) != len(active):
        raise DefinitionError("two versions of one workflow are active")
    for workflow in found:
        for stage in workflow.definition["stages"] if workflow.status == "active" else ():
            takers = ROLES_OF.get(stage.get("task", {}).get("kind"), set())
            if takers and not takers & words.roles:
                raise DefinitionError(
                    f"{workflow.workflow}: stages/{stage['stage']}: no source has the role"
                    f" {' or '.join(sorted(takers))}, and its tasks go to one that has"
                )
    return found
