"""Reads and validates `workflows/*.yaml` of the definitions: an incomplete definition never runs.

`include/definitions/schemas/workflow.json` checks the structure and `throughline.vocabulary` the words; this module
checks what depends on more than one place in a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from throughline.vocabulary import (
    DefinitionError,
    Document,
    Layers,
    Place,
    Vocabulary,
    layers,
    nearest,
    problems,
    vocabulary,
)
from throughline.vocabulary.overlay import WORKFLOWS
from throughline.workflows.based_on import put_together

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
    """One version of a workflow: `definition` is what holds, `sha256` the hash of its canonical JSON.

    `document` is what it was read from: of a file that is based on one of ours, what both make together. `based_on` is
    the file of ours, if it is. `mode` is `live`, or `observe`: nothing of it goes out.
    """

    workflow: str
    version: int
    status: str
    definition: dict[str, Any]
    sha256: str
    document: Document = field(default=Document("", None), compare=False)
    based_on: Path | None = None
    mode: str = "live"


def load_file(
    path: Path, words: Vocabulary | None = None, folder: Layers | None = None
) -> Workflow:
    """Return the workflow of one file. Raises `DefinitionError` with every problem, one a line.

    `folder` is where a workflow is looked for on which it is based, and the vocabulary by default; it defaults to the
    definitions folder around the file's folder.
    """
    folder = folder or layers(path.parent.parent)
    words = words or vocabulary(folder)
    document, base = put_together(path, folder, words)
    found = problems(document, "workflow", words)
    if not found:
        found = [f"{document.at(place)}: {text}" for place, text in _problems(document.data)]
    if found:
        raise DefinitionError("\n".join(found))
    raw = document.data
    # The hash covers the content only; status and mode may change without a new version.
    said = {key: value for key, value in raw.items() if key not in ("status", "mode")}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return Workflow(
        raw["workflow"],
        raw["version"],
        raw["status"],
        raw,
        hashlib.sha256(canonical.encode()).hexdigest(),
        document,
        base,
        raw.get("mode", Workflow.mode),
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


def load_all(definitions: Path | None = None) -> list[Workflow]:
    """Return all workflows of this practice, or of a folder, by file. Raises `DefinitionError` with every problem."""
    folder = layers(definitions)
    found, wrong = examine(folder, vocabulary(folder))
    if wrong:
        raise DefinitionError("\n".join(wrong))
    return found


def examine(folder: Layers, words: Vocabulary) -> tuple[list[Workflow], list[str]]:
    """Return the workflows that are sound, by file, and every problem of all, one a line. Raises nothing."""
    found: list[Workflow] = []
    wrong: list[str] = []
    for path in folder.files(WORKFLOWS).values():
        try:
            found.append(load_file(path, words, folder))
        except DefinitionError as error:
            wrong += str(error).splitlines()
    return found, wrong + list(_contradictions(found)) + list(_not_taken(found, words))


def _contradictions(found: list[Workflow]) -> Iterator[str]:
    """Yield what two files cannot both say."""
    by_version: dict[tuple[str, int], Workflow] = {}
    active: dict[str, Workflow] = {}
    for one in found:
        first = by_version.setdefault((one.workflow, one.version), one)
        if first is not one:
            yield (
                f"{_where(one, 'version')}: two files define one version of a workflow:"
                f" {_where(first, 'version')} has {one.workflow} {one.version} too"
            )
        if one.status == "active":
            other = active.setdefault(one.workflow, one)
            if other is not one and other is not first:
                yield (
                    f"{_where(one, 'status')}: two versions of one workflow are active:"
                    f" {_where(other, 'status')} has {one.workflow} {other.version}; give a file that replaces"
                    " another the same name, or write status: retired in one of them"
                )


def _where(one: Workflow, key: str) -> str:
    """Return the file of a workflow, with the line of a key if it is said there."""
    document = one.document
    is_here = document.files.get((key,), document.name) == document.name
    line = document.lines.get((key,)) if is_here else None
    return document.name if line is None else f"{document.name}:{line}"


def _not_taken(found: list[Workflow], words: Vocabulary) -> Iterator[str]:
    """Yield the stages of active workflows whose tasks no system takes."""
    for one in found:
        for number, stage in enumerate(one.definition["stages"] if one.status == "active" else ()):
            takers = ROLES_OF.get(stage.get("task", {}).get("kind"), set())
            if takers and not takers & words.roles:
                yield (
                    f"{one.document.at(('stages', number, 'task'))}: no source has the role"
                    f" {' or '.join(sorted(takers))}, and its tasks go to one that has: give it to a source"
                    f" (roles in sources/<name>.yaml; form: inside, if your own people do it), or leave"
                    f" {one.workflow} out (leave_out in practice.yaml)"
                )
