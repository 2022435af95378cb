"""Workbooks: what their cells become, and which are refused."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from tests.unit.throughline.sources.test_tabular import HEADER, PATIENT, found, rows, scan, source
from throughline.sources.records import Fault, FileRefusedError
from throughline.sources.table import StagedRow

ABOUT = source(
    PATIENT | {"columns": PATIENT["columns"] | {"mrn": "Number"}}, format="xlsx", sheet="Patients"
)


def workbook(*lines: list[Any], shown_as: str = "General") -> bytes:
    """A workbook with two sheets; the column `Number` is shown in a format."""
    book = Workbook()
    assert book.active is not None
    book.active.title = "Notes"
    sheet = book.create_sheet("Patients")
    for line in lines:
        sheet.append(line)
    for cell in sheet["D"][1:]:
        cell.number_format = shown_as
    told = io.BytesIO()
    book.save(told)
    return told.getvalue()


NAMES = [*HEADER.strip().split(","), "Number"]


@pytest.mark.parametrize("born", [date(1950, 2, 3), datetime(1950, 2, 3), "02/03/1950"])  # noqa: DTZ001
def test_a_date_of_a_workbook_is_that_date(born: Any) -> None:
    content = workbook(NAMES, [1, "Ann", born, "0012"], [None, None, None, None])
    (row,) = rows(content, ABOUT)
    assert (row["id"], row["birth_date"], row["mrn"]) == ("1", "1950-02-03", "0012")
    assert scan(content, ABOUT).feeds == {"patient": 1}


@pytest.mark.parametrize(
    ("cell", "shown_as", "text"),
    [(12, "General", "12"), (12, "00000", "00012"), (12.5, "General", "12.5"), (10**14, "0", "100000000000000"),
     (True, "General", "true"), ("=x", "General", None)],
)  # fmt: skip
def test_a_number_keeps_its_digits(cell: Any, shown_as: str, text: str | None) -> None:
    told = found(workbook(NAMES, [1, "Ann", "02/03/1950", cell], shown_as=shown_as), ABOUT)
    if text is None:
        assert isinstance(told[0], Fault)
        assert told[0].reason == "D: a formula that was never computed"
    else:
        assert isinstance(told[0], StagedRow)
        assert told[0].values is not None
        assert told[0].values[0] == text


def test_a_number_of_too_many_digits_is_set_aside() -> None:
    lines: list[list[Any]] = [
        NAMES,
        [1, "Ann", "02/03/1950", 1234567890123456],
        [2, "Bea", "02/03/1950", 2],
    ]
    one, other = found(workbook(*lines), ABOUT)
    assert isinstance(one, Fault)
    assert (one.row, one.reason) == (2, "D: a number of more digits than a workbook keeps")
    assert isinstance(other, StagedRow)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"Id,Name\n", "no_workbook"), (b"PK\x03\x04junk", "no_workbook"), (b"", "no_workbook")],
)
def test_what_is_no_workbook_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FileRefusedError, match=reason):
        scan(content, ABOUT)


def test_a_sheet_that_is_not_there() -> None:
    about = source(format="xlsx", sheet="Visits")
    with pytest.raises(FileRefusedError, match="there is no sheet Visits"):
        scan(workbook(NAMES), about)
