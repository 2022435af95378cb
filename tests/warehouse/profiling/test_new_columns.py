"""The profile of a report with a column that its definition does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from throughline import warehouse
from throughline.profiling import page, text, words
from throughline.profiling.profile import profile
from throughline.sources import definition

REPORT = """
source: desk
title: Patients
standard: tabular
transport: folder
connection: desk
owner_team: front_desk
time_zone: America/Denver
feeds:
  patient: {expected_by: "03:00"}
conventions:
  tables:
    patients:
      files: "*.csv"
      delivers: snapshot
      absent: kept
      records:
        - feed: patient
          key: Id
          columns: {family: Last, given: First, birth_date: {from: Born, date: "%m/%d/%Y"}}
"""


def test_a_column_that_is_neither_used_nor_unused_is_told_by_name(
    kept_warehouse: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))
    (tmp_path / "own" / "sources").mkdir(parents=True)
    (tmp_path / "own" / "sources" / "desk.yaml").write_text(REPORT)
    (tmp_path / "folder").mkdir()
    said = "Id,Last,First,Born,St,No. of cars\n1,Roe,Ann,07/19/1931,WV,2\n"
    (tmp_path / "folder" / "a.csv").write_text(said)
    of = replace(definition("desk"), transport="folder")
    with warehouse.connect(kept_warehouse(), loading=True) as conn:
        p = profile(conn, of, tmp_path / "folder", date(2026, 9, 3), tmp_path, "a folder")
        conn.rollback()
    assert [feed.received for feed in p.feeds] == [1]
    told = "columns that nobody has mapped: No. of cars, St"
    assert ("patient", told) in [(one.about, one.text) for one in words.findings(p)]
    assert f"- patient: {told}" in text.render(p)
    assert f"{told}</th>" in page.render(p)
