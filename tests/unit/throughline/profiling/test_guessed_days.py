"""What is guessed of a day and an hour is what a night can read of the same cells."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from openpyxl import Workbook

from tests.unit.throughline.profiling.test_guessing import definition, guessed
from throughline.sources.source import SourceDefinitionError
from throughline.sources.tabular.columns import COLUMNS
from throughline.sources.tabular.values import name_of, value_of
from throughline.sources.tabular.workbook import sheet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def read_at_night(folder: Path, text: str, name: str) -> list[str]:
    """What the guessed start of the appointments is in the sample itself, read as a night reads it."""
    said = yaml.safe_load(text)["conventions"]["tables"]["office"]["records"][0]["columns"]
    how = value_of(
        said["starts_at"],
        COLUMNS["appointment"]["starts_at"],
        ZoneInfo("UTC"),
        frozenset({""}),
        None,
    )
    with (folder.parent / name).open("rb") as stream:
        if name.endswith("xlsx"):
            header, *lines = [one.cells for one in sheet(stream, name)]
        else:
            header, *lines = [line.decode().strip().split(",") for line in stream]
    keys = [name_of(name) for name in header]
    return [how.read(dict(zip(keys, line, strict=True))) for line in lines]


@pytest.mark.parametrize(
    ("day", "hour", "given"),
    [
        (datetime.fromisoformat("2026-03-02"), "9:05", "2026-03-02T09:05:00+00:00"),
        (datetime.fromisoformat("2026-03-02"), "9:05 PM", "2026-03-02T21:05:00+00:00"),
        (datetime.fromisoformat("2026-03-02"), time(9, 5), "2026-03-02T09:05:00+00:00"),
        (datetime.fromisoformat("2026-03-02T09:05"), "9:05", "2026-03-02T09:05:00+00:00"),
        (date(2026, 3, 2), "", "2026-03-02T00:00:00+00:00"),
        ("2026-03-02 00:00:00", "9:05", "2026-03-02T09:05:00+00:00"),
        ("03/22/2026 12:00:00 AM", "9:05 PM", "2026-03-22T21:05:00+00:00"),
        ("03/22/2026 09:05", "9:06", "2026-03-22T09:05:00+00:00"),
        ("03/22/2026", "9:05", "2026-03-22T09:05:00+00:00"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_guessed_of_a_day_and_an_hour_can_be_read(
    folder: Path, kind: str, day: str | datetime | date, hour: str | time, given: str
) -> None:
    rows: list[list[Any]] = [
        ["Appt ID", "Chart No", "Date", "Time", "Status"],
        *(["A1", "7", day, hour, "booked"],) * 3,
    ]
    if kind == "xlsx":
        book = Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(row)
        book.save(folder.parent / "a.xlsx")
        content = (folder.parent / "a.xlsx").read_bytes()
    else:
        content = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    text = guessed(folder, content, f"a.{kind}", feed="appointment")
    assert read_at_night(folder, text, f"a.{kind}") == [given] * 3
    # and the check of definitions has nothing against its format
    with pytest.raises(SourceDefinitionError) as error:
        definition(text)
    assert "starts_at" not in str(error.value)
