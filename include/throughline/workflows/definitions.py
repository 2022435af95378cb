"""Reads and validates `include/definitions/workflows/*.yaml`: an incomplete definition never runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
SCHEMA = Path(__file__).with_name("schema.json")

# What a stage is proven by can only come after these.
COMES_AFTER = {"note": "visit", "settlement": "claim"}
# The task that moves a stage, by what proves it. Money is waited for: no task brings it.
TASK_OF = {
    "eligibility": "eligibility",
    "contact": "outreach",
    "booking": "scheduling",
    "visit": "review",
    "note": "documentation",
    "claim": "billing",
}
# The roles of the systems that take a task; a review is sent to nobody.
ROLES_OF: dict[str | None, set[str]] = {
    "eligibility": {"payer"},
    "outreach": {"outreach"},
    "scheduling": {"schedule"},
    "documentation": {"documentation"},
    "billing": {"billing", "payer"},
}
# What has to be said besides what the schema asks of everybody.
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


class DefinitionError(ValueError):
    """A definition is incomplete or says two things; the text names the file and the place."""


@dataclass(frozen=True)
class Workflow:
    """One version of a workflow: `definition` is what the file says, `sha256` of its canonical JSON."""

    workflow: str
    version: int
    status: str
    definition: dict[str, Any]
    sha256: str


def load_file(path: Path, teams: set[str], feeds: set[str] | None = None) -> Workflow:
    """Return the workflow of one file; `feeds` are those that the sources have. Raises `DefinitionError`."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise DefinitionError(f"{path.name}: this is no YAML: {error}") from error
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = sorted(
        jsonschema.Draft202012Validator(schema).iter_errors(raw),
        key=lambda e: list(e.absolute_path),
    )
    if errors:
        place = "/".join(str(part) for part in errors[0].absolute_path)
        raise DefinitionError(f"{path.name}: {place or 'top'}: {errors[0].message}")
    for place, problem in _problems(raw, teams, feeds):
        raise DefinitionError(f"{path.name}: {place}: {problem}")
    # A version is what it says; whether it is active yet is not part of that.
    said = {key: value for key, value in raw.items() if key != "status"}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return Workflow(
        raw["workflow"],
        raw["version"],
        raw["status"],
        raw,
        hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _problems(
    raw: dict[str, Any], teams: set[str], feeds: set[str] | None
) -> Iterator[tuple[str, str]]:
    """Yield (place, problem) for what a schema cannot say: what is incomplete, or points nowhere."""
    if raw["owner_team"] not in teams:
        yield "top", f"no team is called {raw['owner_team']}"
    trigger = raw["trigger"]
    begins = next(kind for kind in NEEDED_BY_TRIGGER if kind in trigger)
    for name in NEEDED_BY_TRIGGER[begins]:
        if not trigger.get(name) and trigger.get(name) != 0:
            yield "trigger", f"{begins} needs {name}"
    if begins == "due" and set(trigger["codes"]) != {"first_year", "first", "next"}:
        yield "trigger", "codes are those of first_year, first and next"
    for exclusion in raw["exclusions"]:
        for name in NEEDED_BY_EXCLUSION.get(exclusion["when"], ()):
            if name not in exclusion:
                yield f"exclusions/{exclusion['reason']}", f"{exclusion['when']} needs {name}"
    seen: list[str] = []
    proofs: list[str] = []
    for stage in raw["stages"]:
        place = f"stages/{stage['stage']}"
        for problem in _stage_problems(stage, begins, seen, proofs, teams, feeds):
            yield place, problem
        seen.append(stage["stage"])
        proofs.append(stage["proof"])


def _stage_problems(
    stage: dict[str, Any],
    begins: str,
    seen: list[str],
    proofs: list[str],
    teams: set[str],
    feeds: set[str] | None,
) -> Iterator[str]:
    proof = stage["proof"]
    if stage["owner_team"] not in teams:
        yield f"no team is called {stage['owner_team']}"
    if stage["stage"] in seen:
        yield "this stage is there twice"
    if proof in proofs:
        yield f"another stage is proven by {proof}"
    if stage["clock"]["from"] not in {"trigger", "opened", *seen}:
        yield "its clock starts at a stage that is not before it"
    needed = "visit" if proof == "claim" and begins != "unbilled" else COMES_AFTER.get(proof)
    if needed and needed not in proofs:
        yield f"{proof} needs a {needed} before it"
    for name in NEEDED_BY_PROOF.get(proof, ()):
        if not stage.get(name):
            yield f"{proof} needs {name}"
    task = stage.get("task")
    if proof == "claim" and "codes" not in stage and "pays" not in stage:
        yield "claim needs codes, or what pays"
    if proof not in TASK_OF and task is not None:
        yield f"no task brings a {proof}"
    if proof in TASK_OF and (task is None or task["kind"] != TASK_OF[proof]):
        yield f"{proof} needs a task of the kind {TASK_OF[proof]}"
    if proof == "booking" and task is not None and not {"visit_type", "aim_days"} <= set(task):
        yield "a task of scheduling needs visit_type and aim_days"
    for feed in stage["feeds"]:
        if feeds is not None and feed not in feeds:
            yield f"no source has the feed {feed}"


def load_all(definitions: Path = DEFINITIONS) -> list[Workflow]:
    """Return all workflows, by name. Raises `DefinitionError`, also for two that cannot both be."""
    teams = set(yaml.safe_load((definitions / "teams.yaml").read_text(encoding="utf-8")))
    feeds: set[str] = set()
    roles: set[str] = set()
    for path in sorted((definitions / "sources").glob("*.yaml")):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        feeds |= {f"{source['source']}.{feed}" for feed in source.get("feeds", {})}
        roles |= set(source.get("roles", {}))
    found = [
        load_file(path, teams, feeds) for path in sorted((definitions / "workflows").glob("*.yaml"))
    ]
    keys = [(w.workflow, w.version) for w in found]
    if len(set(keys)) != len(keys):
        raise DefinitionError("two files define one version of a workflow")
    active = [w.workflow for w in found if w.status == "active"]
    if len(set(active)) != len(active):
        raise DefinitionError("two versions of one workflow are active")
    for workflow in found:
        for stage in workflow.definition["stages"] if workflow.status == "active" else ():
            takers = ROLES_OF.get(stage.get("task", {}).get("kind"), set())
            if takers and not takers & roles:
                raise DefinitionError(
                    f"{workflow.workflow}: stages/{stage['stage']}: no source has the role"
                    f" {' or '.join(sorted(takers))}, and its tasks go to one that has"
                )
    return found
