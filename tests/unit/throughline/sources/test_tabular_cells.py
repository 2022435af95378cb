"""Tables: what a cell becomes, and which cells are refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.throughline.sources.test_tabular import faults, rows, source, with_columns
from throughline.sources.tabular.values import Refused, number_of, shape_of


def value(cell: str, said: Any, column: str) -> Any:
    """What a cell gives for a column of a patient."""
    about = {"from": "X", **said} if isinstance(said, dict) else said
    quoted = cell.replace('"', '""')
    content = f'Id,Name,Born,X\n1,Ann,02/03/1950,"{quoted}"\n'
    return rows(content, with_columns(**{column: about}))[0][column]


def refusal(cell: str, said: Any, column: str) -> str:
    about = {"from": "X", **said}
    content = f'Id,Name,Born,X\n1,Ann,02/03/1950,"{cell}"\n'
    ((_, reason),) = faults(content, with_columns(**{column: about}))
    return reason


@pytest.mark.parametrize(
    ("cell", "said", "column", "given"),
    [
        ("00123", {}, "mrn", "00123"),
        ("=cmd|' /C calc'!A0", {}, "mrn", "=cmd|' /C calc'!A0"),
        ("(303) 555-0142", {}, "phone", "3035550142"),
        ("Roe, Ann B.", {"split": {"by": ",", "part": 2}}, "city", "Ann B."),
        ("Roe, Ann B.", {"split": {"by": ",", "part": -1}}, "city", "Ann B."),
        ("Roe", {"split": {"by": ",", "part": 2}}, "city", None),
        ("english", {"lookup": {"English": "en"}}, "language", "en"),
        ("", {"lookup": {"English": "en"}}, "language", None),
        ("X", {"lookup": {"English": "en"}, "otherwise": "keep"}, "language", "X"),
        ("X", {"lookup": {"English": "en"}, "otherwise": "empty"}, "language", None),
        # a code without a meaning: nothing rests on its record until somebody maps it
        ("X", {"lookup": {"English": "en"}}, "language", "X"),
        ("Y", {"flag": {"yes": ["Y"], "no": ["N"]}}, "is_active", True),
        ("n", {"flag": {"yes": ["Y"], "no": ["N"]}}, "is_deceased", False),
        ("", {"flag": {"yes": ["Y"], "no": ["N"]}}, "is_active", True),
        ("Gone", {"lookup": {"Gone": False, "Here": True}}, "is_active", False),
        ("03/08/2026 01:30", {"moment": "%m/%d/%Y %H:%M"}, "deceased_at", "2026-03-08T08:30:00+00:00"),
        ("11/01/2026 01:30", {"moment": "%m/%d/%Y %H:%M"}, "deceased_at", "2026-11-01T07:30:00+00:00"),
        ("03/08/2026 01:30", {"moment": "%m/%d/%Y %H:%M", "zone": "America/New_York"}, "deceased_at",
         "2026-03-08T06:30:00+00:00"),
        ("2026-03-08 01:30 -0500", {"moment": "%Y-%m-%d %H:%M %z"}, "deceased_at", "2026-03-08T06:30:00+00:00"),
        ("03/08/2026", {"date": "%m/%d/%Y"}, "deceased_at", "2026-03-08T07:00:00+00:00"),
        ("46089", {"date": "excel"}, "deceased_at", "2026-03-08T07:00:00+00:00"),
        ("46089.75", {"moment": "excel"}, "deceased_at", "2026-03-09T00:00:00+00:00"),
        ("female", {}, "sex", "F"),
        ("Divers", {}, "sex", "Divers"),
    ],
)  # fmt: skip
def test_a_cell_becomes_what_is_declared(cell: str, said: Any, column: str, given: Any) -> None:
    assert value(cell, said, column) == given


@pytest.mark.parametrize(
    ("cell", "said", "column", "reason"),
    [
        ("1.23457E+11", {}, "mrn", "X: a long number that a spreadsheet has rounded (1.2E+10)"),
        ("14/02/2026", {"date": "%m/%d/%Y"}, "deceased_at", "X: not a date as %m/%d/%Y; the cell is like 99/99/9999"),
        ("02/30/2026", {"date": "%m/%d/%Y"}, "deceased_at",
         "X: not a date as %m/%d/%Y; the cell is like 99/99/9999"),
        ("02/03/26", {"date": "%m/%d/%Y"}, "deceased_at", "X: not a date as %m/%d/%Y; the cell is like 99/99/99"),
        ("2026-03-02T00:00:00 9:05", {"moment": "%Y-%m-%d %H:%M"}, "deceased_at",
         "X: not a date as %Y-%m-%d %H:%M; the cell is like 9999-99-99T99:99:99 99:99"),
        ("see Dr. Roe, 555-0199", {"date": "%m/%d/%Y"}, "deceased_at",
         "X: not a date as %m/%d/%Y; the cell is like a a. a, 999-9999"),
        ("T" * 99 + " -" * 99, {"date": "%m/%d/%Y"}, "deceased_at",
         f"X: not a date as %m/%d/%Y; the cell is like a{' -' * 15} …"),
        ("03/08/2026 02:30", {"moment": "%m/%d/%Y %H:%M"}, "deceased_at", "X: an hour that clocks left out"),
        ("59", {"date": "excel"}, "deceased_at", "X: a serial number of no date"),
        ("nan", {"date": "excel"}, "deceased_at", "X: a serial number of no date"),
        ("perhaps", {"flag": {"yes": ["Y"], "no": ["N"]}}, "is_active", "X: neither of the words for yes and no"),
        ("X", {"lookup": {"English": "en"}, "otherwise": "refuse"}, "language",
         "X: a value that the lookup does not have"),
        ("X", {"lookup": {"Gone": False}}, "is_active", "X: a value that the lookup does not have"),
        ("", {"required": True}, "language", "X: is empty"),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_fit_is_refused_with_its_column(
    cell: str, said: Any, column: str, reason: str
) -> None:
    assert refusal(cell, said, column) == reason


def test_columns_are_joined_and_lists_are_taken_apart() -> None:
    charge = {
        "feed": "charge_item", "key": ["Visit", {"constant": "x"}], "patient": "Id",
        "columns": {
            "status": {"constant": "billable"}, "encounter_id": "Visit", "code": "Code",
            "occurred_at": {"from": ["Day", "Time"], "join": " ", "moment": "%m/%d/%Y %H:%M"},
            "modifiers": {"from": ["M1", "M2"]}, "diagnoses": {"from": "Dx", "list": ";"},
            "amount": {"from": "Amount", "number": {"decimal": ",", "thousands": "."}},
        },
    }  # fmt: skip
    content = 'Id,Visit,Code,Day,Time,M1,M2,Dx,Amount\n1,V,99213,03/02/2026,09:30,,25,I10; E11.9;,"1.234,50"\n'
    (row,) = rows(content, source(charge), "charge_item")
    assert row["id"] == "V|x"
    assert (row["modifiers"], row["diagnoses"], row["amount"]) == (
        ["25"],
        ["I10", "E11.9"],
        "1234.50",
    )
    assert row["occurred_at"] == "2026-03-02T16:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234.50", "1234.50"), ("$12", "12.0"), ("(3.10)", "-3.10"), ("-$3", "-3.0"), ("$-3", "-3.0"), ("3-", "-3.0"),
     (".5", "0.5"), ("−2", "-2.0"), ("0", "0.0")],
)  # fmt: skip
def test_numbers(text: str, number: str) -> None:
    assert number_of(text, {}) == number


@pytest.mark.parametrize(
    "text", ["1,23", "1.2.3", "12,34,567", "1e3", "٣", "", "-", "1.", "1 000", "$", "9" * 13]
)
def test_no_number_as_declared(text: str) -> None:
    with pytest.raises(Refused):
        number_of(text, {})


def test_years_of_two_digits_need_a_pivot() -> None:
    said = {"date": "%m/%d/%y", "pivot": 26}
    assert value("02/03/26", said, "deceased_at").startswith("2026-02-03")
    assert value("02/03/27", said, "deceased_at").startswith("1927-02-03")


def test_a_number_that_cannot_be_read_shows_how_it_is_written() -> None:
    with pytest.raises(
        Refused, match=r"^not a number as declared; the cell is like 99[.]999,99 a$"
    ):
        number_of("1.250,75 EUR", {})


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_the_shape_of_a_cell_shows_no_letter_and_no_digit_of_it(text: str) -> None:
    shape = shape_of(text)
    assert set(re.findall(r"[^\W_]", shape)) <= {"9", "a", "T"}
    assert len(shape) <= 33
