"""Eleven workflows as files: data for the tests of whatever reads, shows or evaluates the language."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.unit.language.sections import Section

FOLDER = Path(__file__).resolve().parents[2] / "workflows"
OURS = FOLDER.parents[1] / "include" / "definitions" / "drafts"
"""The drafts that Throughline brings, with the standard stages and the standing rules."""
LIVES = Path(__file__).parent / "lives"
SHARED = frozenset({"standard_stages", "standing_rules", "payer_rules", "vocabulary", "calendars"})
"""Files of the folder that are no workflow."""


def names() -> list[str]:
    """Return the workflows by name."""
    files = [*FOLDER.glob("*.yaml"), *OURS.glob("*.yaml")]
    return sorted(path.stem for path in files if path.stem not in SHARED)


def file(name: str) -> Path:
    """Return a file by its name: one of the tests, or one of Throughline's own."""
    own = FOLDER / f"{name}.yaml"
    return own if own.is_file() else OURS / f"{name}.yaml"


@cache
def words(name: str) -> Any:
    """Return what a file of the folder says."""
    return YAML(typ="safe", pure=True).load(file(name).read_text(encoding="utf-8"))


@cache
def value_sets() -> dict[str, list[tuple[str, str]]]:
    """Return the codes of each value set, as (system, code)."""
    found = {}
    for path in sorted((FOLDER / "value_sets").glob("*.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        found[str(said["name"])] = [
            (part["system"], concept["code"])
            for part in said["compose"]["include"]
            for concept in part["concept"]
        ]
    return found


def life(name: str) -> Section:
    """Return what happened to some persons, and what a workflow has to make of it."""
    said = YAML(typ="safe", pure=True).load((LIVES / f"{name}.yaml").read_text(encoding="utf-8"))
    return Section(
        "Drafts",
        {
            **said,
            "title": name,
            "definition": file(name).read_text(encoding="utf-8"),
            "library": words("standard_stages"),
            "standing": words("standing_rules"),
            "payer_rules": _payer_rules(),
            "others": [words(each) for each in said.get("others", ())],
            "value_sets": {
                each: [" ".join(coding) for coding in codes] for each, codes in value_sets().items()
            },
        },
    )


def _payer_rules() -> str:
    """Return the rows of the payers' rules as a table."""
    rows = [
        " | ".join([name, " ".join(row["codes"]), " ".join(row["beside"]), row["same"]])
        for name, row in words("payer_rules").items()
    ]
    return "\n".join(["name | codes | beside | same", *rows])
