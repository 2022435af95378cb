"""Lists as files that a spreadsheet opens and does not change, and their numbers."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook

from throughline.sources.tabular.work_lists import folded_number, letters_of, named
from throughline.tasks.lists.numbers import number_of
from throughline.tasks.wire.tables import Cell, Column, Sheet, csv_file, xlsx_file
from throughline.tasks.wire.tables.telephone import telephone

NINE = datetime.fromisoformat("2026-03-09 09:00")
CELLS: list[Cell] = ["=1+1", "001001", date(2026, 3, 9), NINE, None, "Peña, José", "(303) 555-0142"]
SHEET = Sheet(
    "Calls",
    [
        *(Column(f"C{n}") for n in range(len(CELLS))),
        Column("Outcome", 18, True, words=("Reached", "No answer")),
    ],
    [[*CELLS, None]],
    ("What it is",),
)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\r\n=1",
        "|x",
        "＝1",
        "001",
        "12E5",
        "3e9",
        "1-2",
        "03/04",
        "3035550142000",
    ],
)
def test_what_a_spreadsheet_would_change_gets_an_apostrophe(text: str) -> None:
    assert csv_file.harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "7",
        "3035550142",
        "(303) 555-0142",
        "Rivera, Ana",
        "W-12345-67890",
        "O'Hara",
        "99214 25 x 1 $210.00",
    ],
)
def test_what_it_shows_as_it_is_stays_so(text: str) -> None:
    assert csv_file.harmless(text) == text


def test_a_csv_opens_by_a_double_click() -> None:
    raw = csv_file.write(SHEET)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 2
    _, row = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert row == [
        "'=1+1",
        "'001001",
        "2026-03-09",
        "2026-03-09 09:00",
        "",
        "Peña, José",
        "(303) 555-0142",
        "",
    ]


def test_a_workbook_has_no_formula_and_dates_that_sort() -> None:
    page, about = load_workbook(io.BytesIO(xlsx_file.write(SHEET))).worksheets
    head, row = page.iter_rows()
    assert [cell.value for cell in row][:4] == [
        "=1+1",
        "001001",
        datetime.fromisoformat("2026-03-09"),
        NINE,
    ]
    assert [cell.data_type for cell in row][:2] == ["s", "s"]
    assert all(cell.quotePrefix for cell in row[:2])
    assert page.freeze_panes == "A2"
    assert [cell.value for cell in head][-1] == "Outcome"
    (choice,) = page.data_validations.dataValidation
    assert (str(choice.sqref), about["I1"].value, about["I2"].value) == (
        "H2",
        "Reached",
        "No answer",
    )
    assert about["A1"].value == "What it is"


def test_a_row_is_as_high_as_its_texts_and_the_print_is_large_enough_to_read() -> None:
    long = "all medicine bottles, and the papers that the hospital gave with them"
    sheet = Sheet(
        "Calls",
        [Column("No.", 16), Column("To bring", 26), Column("Tried so far", 36)],
        [["W-1", long, "no answer"], ["W-2", "", None], ["W-3", "a\nb\nc", date(2026, 3, 9)]],
        (long * 2,),
    )
    book = load_workbook(io.BytesIO(xlsx_file.write(sheet)))
    page, about = book.worksheets
    heights = [page.row_dimensions[row].height for row in range(1, 5)]
    assert heights == [15, 45, 15, 45]
    assert about.row_dimensions[1].height == 30
    assert (page.page_setup.fitToWidth, page.print_title_cols) == (2, "$A:$A")
    assert about.page_setup.fitToWidth == 1
    assert about.sheet_properties.pageSetUpPr is not None
    assert about.sheet_properties.pageSetUpPr.fitToPage


def test_a_text_of_any_length_leaves_a_row_that_can_be_opened() -> None:
    sheet = Sheet("Calls", [Column("Note", 10)], [["word " * 2_000]])
    page = load_workbook(io.BytesIO(xlsx_file.write(sheet))).worksheets[0]
    assert page.row_dimensions[2].height == 405


def test_a_character_that_no_workbook_has_is_no_reason_to_lose_the_list() -> None:
    sheet = Sheet("Calls", [Column("Note")], [["a\x00b\x1fc"]])
    page = load_workbook(io.BytesIO(xlsx_file.write(sheet))).worksheets[0]
    assert page["A2"].value == "a b c"


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ("3035550142", "(303) 555-0142"),
        ("13035550142", "(303) 555-0142"),
        ("5550142", "tel. 555-0142"),
        ("442079460958", "tel. 442-079-460-958"),
        ("4420794609581", "tel. 442-079-460-9581"),
        ("911", "tel. 911"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_telephone_number_is_dialled_and_not_computed(digits: str | None, said: str) -> None:
    assert telephone(digits) == said
    assert csv_file.harmless(said) == said


def test_a_number_is_always_the_same_and_is_no_number_to_a_spreadsheet() -> None:
    one = UUID("d09bba1b-0223-0f68-cc13-d23dc39dd1a2")
    assert number_of(one) == number_of(one)
    for _ in range(500):
        number = number_of(uuid4())
        assert csv_file.harmless(number) == number
        assert folded_number(number.lower().replace("-", " ")) == folded_number(number)
        assert len(folded_number(number)) == 11


@pytest.mark.parametrize(
    ("told", "comes_back"),
    [
        ("Peña, José", "PeÃ±a, JosÃ©"),
        ("O'Hara, Ann", "O’HARA , ANN"),
        ("李, 小龍", "李, 小龍"),
    ],
)  # fmt: skip
def test_a_name_that_comes_back_in_another_encoding_is_the_same(told: str, comes_back: str) -> None:
    assert letters_of(told) == letters_of(comes_back)
    assert letters_of(told)


def test_another_name_is_another() -> None:
    assert named("W-1", "Rivera, Ana") != named("W-1", "Rivera, Ann")
    assert letters_of("王, 小龍") != letters_of("李, 小龍")
