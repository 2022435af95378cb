"""A practice with three reports, in a warehouse of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.warehouse.sources.tables.office import Office
from throughline import practice, warehouse


@pytest.fixture
def office(
    new_warehouse: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))
    kept = (practice.practice, practice.teams)
    for each in kept:
        each.cache_clear()
    with warehouse.connect(new_warehouse()) as conn:
        yield Office(conn, tmp_path)
    for each in kept:
        each.cache_clear()
