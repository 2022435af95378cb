"""A practice with three reports, in a warehouse of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.warehouse.sources.tables.office import Office
from throughline import warehouse


@pytest.fixture
def office(
    new_warehouse: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))
    with warehouse.connect(new_warehouse()) as conn:
        yield Office(conn, tmp_path)
