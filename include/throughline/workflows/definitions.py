"""Reads and validates `include/definitions/workflows/*.yaml`: an incomplete definition never runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
SCHEMA = Path(__file__).with_name("schema.json")

# What a stage is proven by can only come after these.
COMES_AFTER = {"note": "visit", "settlement": "claim"}


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


def load_file(path: Path, teams: set[str], reasons: set[str] | None = None) -> Workflow:
    """Return the workflow of one file. Raises `DefinitionError`."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = sorted(
        jsonschema.Draft202012Validator(schema).iter_errors(raw), key=lambda e: list(e.absolute_path)
    )
    if errors:
        place = "/".join(str(part) for part in errors[0].absolute_path)
        raise DefinitionError(f"{path.name}: {place or 'top'}: {errors[0].message}")
    _check(path.name, raw, teams)
    canonical = json.dumps(raw, sort_keys=True, separators=(",", ":"))
    return Workflow(
        raw["workflow"], raw["version"], raw["status"], raw,
        hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _check(name: str, raw: dict[str, Any], teams: set[str]) -> None:
    """Check what a schema cannot: owners exist, stages follow each other, clocks have a start."""
    seen: list[str] = []
    proofs: list[str] = []
    owners = [("top", raw["owner_team"])]
    for stage in raw["stages"]:
        place = f"stages/{stage['stage']}"
        owners.append((place, stage["owner_team"]))
        if stage["stage"] in seen:
            raise DefinitionError(f"{name}: {place}: this stage is there twice")
        if stage["clock"]["from"] not in {"trigger", "opened", *seen}:
            raise DefinitionError(f"{name}: {place}: its clock starts at a stage that is not before it")
        needed = COMES_AFTER.get(stage["proof"])
        if needed and needed not in proofs:
            raise DefinitionError(f"{name}: {place}: {stage['proof']} needs a {needed} before it")
        seen.append(stage["stage"])
        proofs.append(stage["proof"])
    for place, team in owners:
        if team not in teams:
            raise DefinitionError(f"{name}: {place}: no team is called {team}")


def load_all(definitions: Path = DEFINITIONS) -> list[Workflow]:
    """Return all workflows, by name. Raises `DefinitionError`, also for two of one version."""
    teams = set(yaml.safe_load((definitions / "teams.yaml").read_text(encoding="utf-8")))
    found = [load_file(path, teams) for path in sorted((definitions / "workflows").glob("*.yaml"))]
    keys = [(w.workflow, w.version) for w in found]
    if len(set(keys)) != len(keys):
        raise DefinitionError("two files define one version of a workflow")
    return found
