"""The fingerprint of the derivation's rules, ignoring what cannot alter a result: comments, headers, layout."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from pathlib import Path

import throughline
from throughline.warehouse import contract, derivation
from throughline.warehouse.sql import ROOT

FILE = Path(__file__).with_name("derivation.json")
PACKAGE = Path(throughline.__file__).parent
PARTS = (
    "identity",
    "evidence",
    "cases",
    "tasks/reconcile.sql",
    "tasks/wanted.sql",
    "tasks/planned.sql",
)
"""Paths below `sql/` that decide persons, facts, cases, stages and tasks."""

PYTHON = (
    "identity",
    "evidence",
    "cases",
    "practice",
    "tasks/plan.py",
    "warehouse/moment.py",
    "workflows/register.py",
)
"""Below `include/throughline`: what gives that SQL its values and its order.

The readers of files are not among them. What a delivery said stays in `core` as it was read, and neither a replay
nor the first night after the number rose reads a file again.
"""

_READ_THROUGH = re.compile(r"^create (?:or replace )?(?:view|function)\b", re.MULTILINE)
"""Matches migrations that define views or functions, which these files read through."""


def sources() -> list[Path]:
    """Return the files of SQL that the derivation is made of."""
    found: list[Path] = []
    for part in PARTS:
        path = ROOT / part
        found += sorted(path.rglob("*.sql")) if path.is_dir() else [path]
    migrations = sorted((ROOT / "schema").glob("*.sql"))
    return found + [path for path in migrations if _READ_THROUGH.search(path.read_text("utf-8"))]


def modules() -> list[Path]:
    """Return the modules of Python that the derivation is made of."""
    found: list[Path] = []
    for part in PYTHON:
        path = PACKAGE / part
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found


def shape(node: object) -> str:
    """Return a syntax tree as text: without docstrings, and the same in every version of Python that we run on."""
    if isinstance(node, list):
        kept = [each for each in node if not _is_words(each)]
        return f"[{','.join(shape(each) for each in kept)}]"
    if isinstance(node, ast.AST):
        told = [
            f"{name}={shape(value)}"
            for name, value in ast.iter_fields(node)
            if value is not None and value != []
        ]
        return f"{type(node).__name__}({','.join(told)})"
    return repr(node)


def _is_words(node: object) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def normal(text: str) -> str:
    """Return SQL without header, comments and layout."""
    code = re.sub(r"--[^\n]*", "", contract.read(text)[1])
    return " ".join(code.split())


def fingerprint() -> dict[str, object]:
    """Return the derivation number and the hash of its rules."""
    whole = hashlib.sha256()
    for path in sources():
        text = normal(path.read_text(encoding="utf-8"))
        whole.update(f"{path.relative_to(ROOT).as_posix()}\n{text}\n".encode())
    for path in modules():
        text = shape(ast.parse(path.read_text(encoding="utf-8")))
        whole.update(f"{path.relative_to(PACKAGE).as_posix()}\n{text}\n".encode())
    return {"number": derivation.NUMBER, "sha256": whole.hexdigest()}


def recorded() -> dict[str, object]:
    """Return the last recorded fingerprint."""
    found: dict[str, object] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write() -> dict[str, object]:
    """Record the current fingerprint; returns it."""
    now = fingerprint()
    FILE.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
    return now
