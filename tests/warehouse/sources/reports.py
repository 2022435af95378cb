"""A source of tables, which this tree has not."""

from __future__ import annotations

from pathlib import Path

import pytest

TABLE = b"Id,Name,Born\np1,Ann,1950-02-03\n"
REPORTS = """
source: reports
title: Reports
standard: tabular
transport: folder
connection: reports
owner_team: billing
time_zone: America/New_York
feeds: {patient: {expected_by: "03:00"}}
conventions:
  tables:
    patients:
      files: "*"
      delivers: changes
      order: position
      records:
        - feed: patient
          key: Id
          columns: {family: Name, given: Name, birth_date: {from: Born, date: "%Y-%m-%d"}}
"""


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A practice with a source of tables, which this tree has not."""
    (tmp_path / "own" / "sources").mkdir(parents=True)
    (tmp_path / "own" / "sources" / "reports.yaml").write_text(REPORTS, "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))
