"""A table as a workbook: every text is a text cell, days and times are dates, the headings stay in sight."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell import Cell as Written
from openpyxl.cell import MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from throughline.tasks.wire.tables import Cell, Sheet

DAY, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
NOTES = "About"
ABOUT_WIDTH = 100
PAGES_WIDE = 2
"""A list is over 300 characters wide: on one page across, its print is too small to read."""
LINE, MOST_LINES = 15.0, 27
"""Points of a line of text, and how many a row may have: a spreadsheet takes no more than 409 points."""

_HEAD, _FILLED_IN = PatternFill("solid", fgColor="D9E1F2"), PatternFill("solid", fgColor="FFF2CC")
# XML 1.0 has no other control characters than these three.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f￾￿]")


def write(sheet: Sheet) -> bytes:
    """Return a table as a workbook; its second sheet has the notes, and the words that columns offer."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet.title
    about = book.create_sheet(NOTES)
    for number, note in enumerate(sheet.notes, 1):
        _put(about.cell(number, 1), note)
        about.row_dimensions[number].height = _height([note], [ABOUT_WIDTH])
    about.column_dimensions["A"].width = ABOUT_WIDTH
    for number, column in enumerate(sheet.columns, 1):
        head = page.cell(1, number)
        _put(head, column.heading)
        head.font, head.fill = Font(bold=True), _FILLED_IN if column.is_filled_in else _HEAD
        head.alignment = Alignment(wrap_text=True, vertical="top")
        letter = get_column_letter(number)
        page.column_dimensions[letter].width = column.width
        last = len(sheet.rows) + 1
        if column.words and sheet.rows:
            for row, word in enumerate(column.words, 1):
                _put(about.cell(row, number + 1), word)
            beside = get_column_letter(number + 1)
            choice = DataValidation(
                type="list",
                formula1=f"'{NOTES}'!${beside}$1:${beside}${len(column.words)}",
                allow_blank=True,
                showErrorMessage=False,
            )
            page.add_data_validation(choice)
            choice.add(f"{letter}2:{letter}{last}")
        for row in range(2, last + 1) if column.is_filled_in else ():
            page.cell(row, number).number_format = MOMENT if column.is_moment else "General"
    widths = [column.width for column in sheet.columns]
    page.row_dimensions[1].height = _height([column.heading for column in sheet.columns], widths)
    for line, values in enumerate(sheet.rows, 2):
        page.row_dimensions[line].height = _height(values, widths)
        for number, value in enumerate(values, 1):
            if value is not None:
                _put(page.cell(line, number), value)
    page.freeze_panes = "A2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(sheet.rows) + 1}"
    _fit(page, PAGES_WIDE)
    _fit(about, 1)
    # on paper the number of each row stands on both pages
    page.print_title_rows, page.print_title_cols = "1:1", "A:A"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fit(page: Worksheet, wide: int) -> None:
    """Let a sheet be printed across so many pages, as many down as it needs."""
    setup = page.page_setup
    setup.orientation, setup.fitToWidth, setup.fitToHeight = "landscape", wide, 0
    if page.sheet_properties.pageSetUpPr is not None:
        page.sheet_properties.pageSetUpPr.fitToPage = True


def _height(values: Sequence[Cell], widths: Sequence[int]) -> float:
    """Return how high a row is in points: not every spreadsheet makes room for texts of several lines by itself."""
    lines = [
        sum(max(1, -(-len(part) // max(width - 2, 1))) for part in value.split("\n"))
        for value, width in zip(values, widths, strict=True)
        if isinstance(value, str)
    ]
    return LINE * min(max(lines, default=1), MOST_LINES)


def _put(at: Written | MergedCell, cell: Cell) -> None:
    if isinstance(at, MergedCell):
        raise TypeError("nothing is merged in a list")
    if isinstance(cell, datetime | date):
        at.value = cell
        at.number_format = MOMENT if isinstance(cell, datetime) else DAY
        at.alignment = Alignment(horizontal="left", vertical="top")
        return
    at.value = _NOT_IN_XML.sub(" ", cell or "")[:32_000]
    # never a formula, whatever it begins with, also after somebody has edited it
    at.data_type, at.quotePrefix = "s", True
    at.number_format = "@"
    at.alignment = Alignment(wrap_text=True, vertical="top")
