"""Small worlds for tests of the sandbox, each in its own folder and without servers."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox.hub import Hub
from sandbox.server import Options, make_hub


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Hub]:
    """Make (or take up) the world of a named folder."""

    def inner(name: str = "world", **more: object) -> Hub:
        chosen: dict[str, Any] = {"seed": 5, "patients": 120, **more}
        return make_hub(Options(tmp_path / name, tmp_path / name / "addresses.json", **chosen))

    return inner


@pytest.fixture
def truth() -> Callable[[Hub, str], list[dict[str, Any]]]:
    """Read the truth of a world, by kind."""
    return _truth


@pytest.fixture
def digest() -> Callable[[Hub], dict[str, str]]:
    """Compare worlds."""
    return _digest


def _truth(hub: Hub, kind: str) -> list[dict[str, Any]]:
    """Rows of the truth."""
    file = hub.folder / "truth" / f"{kind}.jsonl"
    return [orjson.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def _digest(hub: Hub) -> dict[str, str]:
    """What a world has served and knows: its store, its truth, its files."""
    out: dict[str, str] = {}
    hub.truth.flush()
    database = sqlite3.connect(hub.store.path)
    rows = database.execute(
        "select type, id, version, updated, ended, deleted, body from resource order by 1, 2, 3"
    )
    out["store"] = hashlib.sha256(repr(rows.fetchall()).encode()).hexdigest()
    for file in sorted((hub.folder / "truth").glob("*.jsonl")):
        lines = sorted(file.read_bytes().splitlines())
        out[file.name] = hashlib.sha256(b"\n".join(lines)).hexdigest()
    for file in sorted((hub.folder / "sftp").rglob("outbox/*")):
        out[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return out
