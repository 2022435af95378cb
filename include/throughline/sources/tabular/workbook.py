"""Takes a workbook (XLSX) apart into rows of texts.

A cell that the workbook calls a date can be read one way only, and becomes `2026-03-02T09:00:00`. A number becomes its
digits: with the leading zeros of its format (00000), but refused from 16 digits on, because a workbook keeps
15 of them (Microsoft KB 65903, read 2026-11-29 at mskb.pkisolutions.com). Of a
formula, what the workbook computed last is read; if it computed nothing, or an error, the row is set aside.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from throughline.sources.records import FileRefusedError
from throughline.sources.tabular.shape import Cells
from throughline.sources.tabular.values import Refused

LARGEST = 10**15
"""From here on a workbook does not keep every digit."""

LONGEST_FILE = 200 << 20
NO_WORKBOOK = "no_workbook"
_ZEROS = re.compile("0+")


def sheet(stream: BinaryIO, file: str, named: str = "") -> Iterator[Cells]:
    """Yield the rows of a sheet, or of the first one, that hold anything. Raises `FileRefusedError`."""
    raw = stream.read(LONGEST_FILE + 1)
    if len(raw) > LONGEST_FILE:
        raise FileRefusedError(file, 0, "workbook_too_large")
    computed = written = None
    try:
        computed = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        written = load_workbook(io.BytesIO(raw), read_only=True)
        names = computed.sheetnames
        if named and named not in names:
            raise FileRefusedError(file, 0, f"there is no sheet {named}")
        name = named or names[0]
        rows = zip(computed[name].iter_rows(), written[name].iter_rows(), strict=True)
        for number, (values, formulas) in enumerate(rows, 1):
            fault, texts = "", []
            for column, (value, formula) in enumerate(zip(values, formulas, strict=True), 1):
                try:
                    texts.append(_text(value, formula))
                except Refused as error:
                    fault = fault or f"{get_column_letter(column)}: {error}"
                    texts.append("")
            while texts and not texts[-1].strip():
                texts.pop()
            if texts or fault:
                yield Cells(number, texts, fault)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError):
        raise FileRefusedError(file, 0, NO_WORKBOOK) from None
    finally:
        for one in (computed, written):
            if one is not None:
                one.close()


def _text(value: Any, formula: Any) -> str:
    """Return a cell as text. Raises `Refused`."""
    found = value.value
    if formula.data_type == "f" and found is None:
        raise Refused("a formula that was never computed")
    if value.data_type == "e":
        raise Refused("an error of the workbook")
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, datetime):
        return found.replace(microsecond=0).isoformat()
    if isinstance(found, date):
        return datetime.combine(found, time()).isoformat()
    if isinstance(found, time):
        return found.isoformat()
    if isinstance(found, int | float):
        return _digits(found, value.number_format)
    return str(found)


def _digits(number: float, shown_as: str) -> str:
    if abs(number) >= LARGEST:
        raise Refused("a number of more digits than a workbook keeps")
    if number == int(number):
        digits = str(int(number))
        return digits.zfill(len(shown_as)) if _ZEROS.fullmatch(shown_as or "") else digits
    return f"{number:.15g}" if abs(number) >= 1e-4 else f"{number:f}"
