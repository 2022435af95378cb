"""A table as CSV that Excel opens by a double click: UTF-8 with a mark at the start, and CRLF at the end of lines."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime

from throughline.tasks.wire.tables import Cell, Sheet

# What a spreadsheet takes for a formula, by the first character, and the quote before it: OWASP ASVS, 1.2.10 (read
# 2026-11-29 at asvs.emil.hemdal.se). Some read the wide forms as the narrow ones.
_FORMULA = re.compile("[\\s]*[=+\\-@\\t\\r\\n|%＝＋－＠]")
# What it takes for a number or a date: leading zeros go, of long ones all but 15 digits, 12E5 becomes 1.2E6, 1-2 a day.
_NUMBER = re.compile(r"[0-9][0-9.,:/ ]*([eE][0-9]+|[-/][0-9][-/0-9]*)?")
_HARMLESS = re.compile(r"0|[1-9][0-9]{0,9}")


def write(sheet: Sheet) -> bytes:
    """Return a table as CSV: days as 2026-03-09, local times as 2026-03-09 17:00."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.heading for column in sheet.columns])
    writer.writerows([_text(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(cell or "")


def harmless(text: str) -> str:
    """Return a text that a spreadsheet shows as it is: with an apostrophe before it where it would do anything else."""
    is_number = _NUMBER.fullmatch(text) is not None and not _HARMLESS.fullmatch(text)
    return f"'{text}" if is_number or _FORMULA.match(text) else text
