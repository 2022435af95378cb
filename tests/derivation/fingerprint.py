"""What the derivation is made of, without what cannot alter a result: comments, headers, layout."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from throughline.warehouse import contract, derivation
from throughline.warehouse.sql import ROOT

FILE = Path(__file__).with_name("derivation.json")
PARTS = (
    "identity",
    "evidence",
    "cases",
    "tasks/reconcile.sql",
    "tasks/wanted.sql",
    "tasks/planned.sql",
)
"""Below `sql/`: what decides which person, which facts, which cases, which stages and which task."""

_READ_THROUGH = re.compile(r"^create (?:or replace )?(?:view|function)\b", re.MULTILINE)
"""Migrations that make what these files read through: views, and functions of ours."""


def sources() -> list[Path]:
    """Return the files that the derivation is made of."""
    found: list[Path] = []
    for part in PARTS:
        path = ROOT / part
        found += sorted(path.rglob("*.sql")) if path.is_dir() else [path]
    migrations = sorted((ROOT / "schema").glob("*.sql"))
    return found + [path for path in migrations if _READ_THROUGH.search(path.read_text("utf-8"))]


def normal(text: str) -> str:
    """Return SQL without header, comments and layout."""
    code = re.sub(r"--[^\n]*", "", contract.read(text)[1])
    return " ".join(code.split())


def fingerprint() -> dict[str, object]:
    """Return the number of the derivation and the hash of what it is made of."""
    whole = hashlib.sha256()
    for path in sources():
        text = normal(path.read_text(encoding="utf-8"))
        whole.update(f"{path.relative_to(ROOT).as_posix()}\n{text}\n".encode())
    return {"number": derivation.NUMBER, "sha256": whole.hexdigest()}


def recorded() -> dict[str, object]:
    """Return what was written down last."""
    found: dict[str, object] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write() -> dict[str, object]:
    """Write the fingerprint down; returns it."""
    now = fingerprint()
    FILE.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
    return now
