"""The generated page of feeds is what the catalogue says."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from throughline.orchestration import feed_table
from throughline.sources import catalogue


def test_the_page_of_feeds_has_not_drifted() -> None:
    assert feed_table.TARGET.read_text(encoding="utf-8") == feed_table.page(), "run `make docs`"


def test_a_part_that_changed_is_a_drift(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert feed_table.main(["--check"]) == 0
    drifts: dict[str, dict[str, Any]] = {
        "task": {"volume": "usual"},
        "payment": {"version": "record"},
        "condition": {"subject": "nobody"},
    }
    for feed, changes in drifts.items():
        with monkeypatch.context() as patch:
            changed = tuple(
                dataclasses.replace(one, **changes) if one.name == feed else one
                for one in catalogue.FEEDS
            )
            patch.setattr(catalogue, "FEEDS", changed)
            assert feed_table.main(["--check"]) == 1
    assert "run `make docs`" in capsys.readouterr().out
