"""A first look at a database: each query is run for its first rows, and nothing is written to it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from throughline.firstlook import queries
from throughline.firstlook.found import BAD, GOOD, NOTE, Look
from throughline.sources import definition
from throughline.sources.source import SourceDefinition
from throughline.transports.address import Address

SAID = """
source: reports
title: Database of the practice management system
standard: tabular
transport: sql
connection: reports
owner_team: billing
time_zone: America/Denver
feeds: {patient: {expected_by: "03:00"}}
conventions:
  tables:
    patients:
      query: select id, name, born from people order by id
      delivers: changes
      order: position
      records:
        - feed: patient
          key: id
          columns: {family: name, given: {constant: Ann}, birth_date: {from: born, date: "%Y-%m-%d"}}
"""


@pytest.fixture
def base(tmp_path: Path) -> Address:
    """A database with 300 people."""
    with sqlite3.connect(tmp_path / "pms.db") as made:
        made.execute("create table people (id text, name text, born text)")
        made.executemany(
            "insert into people values (?, 'Secretname', '1950-02-03')",
            [(str(n),) for n in range(300)],
        )
    return Address("reports", scheme="sqlite", path=str(tmp_path / "pms.db"))


@pytest.fixture
def look(tmp_path: Path) -> Look:
    (tmp_path / "into").mkdir()
    return Look("reports", "Reports", "tabular by sql", "sources/reports.yaml", tmp_path / "into")


def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str = "") -> SourceDefinition:
    said = yaml.safe_load(SAID)
    if query:
        said["conventions"]["tables"]["patients"]["query"] = query
    folder = tmp_path / "own" / "sources"
    folder.mkdir(parents=True)
    (folder / "reports.yaml").write_text(yaml.safe_dump(said), "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder.parent))
    return definition("reports")


def said(look: Look, tone: str) -> list[str]:
    return [f"{one.text} | {one.write}" for one in look.findings if one.tone == tone]


def test_the_first_rows_of_a_query_are_the_sample(
    base: Address, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (tmp_path / "pms.db").read_bytes()
    queries.look_at(look, source(tmp_path, monkeypatch), base)
    assert said(look, GOOD) == ["the query of patients is answered: 200 rows or more | "]
    assert len((look.into / "patients.csv").read_text().splitlines()) == 201
    assert (tmp_path / "pms.db").read_bytes() == before


@pytest.mark.parametrize(
    ("query", "scheme", "tone", "words"),
    [
        ("select id from people where id = 'x'", "sqlite", NOTE, "without a row of the last 31 days"),
        ("select id from peoples", "sqlite", BAD,
         "the query of patients fails: OperationalError | sources/reports.yaml: conventions: tables: patients"),
        ("", "nosuchbase", BAD, "there is no driver for this kind of database: NoSuchModuleError | write conn_type"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_database_is_said_without_its_words(
    base: Address, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    query: str, scheme: str, tone: str, words: str,
) -> None:  # fmt: skip
    address = replace(base, scheme=scheme)
    queries.look_at(look, source(tmp_path, monkeypatch, query), address)
    (line,) = said(look, tone)
    assert words in line
    assert "Secretname" not in line
