"""The generated page of the columns that a table can be mapped to is what the catalogue says."""

from __future__ import annotations

import pytest

from throughline.profiling.guessing import page
from throughline.sources.tabular import columns


def test_the_page_of_columns_has_not_drifted() -> None:
    assert page.TARGET.read_text(encoding="utf-8") == page.page(), "run `make docs`"


def test_a_column_that_changed_is_a_drift(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert page.main(["--check"]) == 0
    without = {n: c for n, c in columns.COLUMNS["patient"].items() if n != "language"}
    monkeypatch.setitem(columns.COLUMNS, "patient", without)
    assert page.main(["--check"]) == 1
    assert "run `make docs`" in capsys.readouterr().out


def test_every_column_has_a_meaning() -> None:
    meanings = page._meanings(page.WAREHOUSE.read_text(encoding="utf-8"))
    lacking = [
        f"{table}.{name}"
        for table, own in columns.COLUMNS.items()
        for name in own
        if not meanings.get((table, name))
    ]
    assert lacking == []
